import { setTimeout as sleep } from "node:timers/promises";
import { tableNames } from "@deskmirror/desk-emulator";
import pg from "pg";
import type { TableStatus, Verdict } from "../pair/admin-api.ts";
import { takeResurrections, watchResurrections } from "../faults/resurrections.ts";
import { SOURCE, startCluster } from "./cluster.ts";
import type { Cluster } from "./cluster.ts";
import type { DeskLoss } from "./desk.ts";
import { judge } from "./oracle.ts";
import { formatDesk, hasNoBreach } from "./report.ts";
import { atRest, connectDesk, until } from "./source.ts";

/** A Desk of 300 tickets has enough of them: 25 rows and fewer are never held. */
const PURGED = "contacts";
const SHARE = 0.3;
/** A doubt is answered once a GET is certainly younger than the row's last sight; these are all the answers there may be. */
const ANSWERED_MS = 20_000;
const READ_WITHIN_MS = 90_000;
/** A table whose scope was missing rests five minutes. */
const HEALED_WITHIN_MS = 10 * 60_000;

/**
 * Makes the Desk show less than there is, in each way that must never be taken for deletions, while every table is read again and again;
 * then erases 30 % of a table for good without a word. Gives whether nothing was deleted but by a person's confirmation, a person was told
 * each time, and all is equal afterwards.
 */
export async function proveDeletes({ tickets, signal }: { readonly tickets: number; readonly signal: AbortSignal }) {
  const deskArguments = { tickets, "daily-credits": 2_000_000, concurrency: 25 };
  await using cluster = await startCluster({ deskArguments, environment: { LOG_LEVEL: "error" }, signal });
  const { api, desk, postgres } = cluster;
  await connectDesk(cluster);
  await api.run("pull");
  await atRest(cluster);
  await watchResurrections(postgres.url, SOURCE);
  console.log(`a Desk of ${tickets} tickets is mirrored, all ${tableNames.length} tables`);

  const losses: Readonly<Record<string, DeskLoss>> = {
    "the agent loses a department": { loseDepartments: [await largestDepartment(cluster)] },
    "every list is empty": { hideFromLists: "all" },
    "every list shows half": { hideFromLists: "half" },
    "a scope is revoked (Desk.tickets.READ)": { revokeScopes: ["Desk.tickets.READ"] },
  };
  let holds = true;
  for (const [name, loss] of Object.entries(losses)) holds = (await endure(cluster, name, loss)) && holds;
  holds = (await purge(cluster)) && holds;
  const stats = await desk.stats();
  console.log(formatDesk(stats));
  return holds && hasNoBreach(stats);
}

/** Takes something away, lets every table be read twice, and gives it back. */
async function endure(cluster: Cluster, name: string, loss: DeskLoss): Promise<boolean> {
  const { desk, postgres } = cluster;
  const before = await countTombstones(cluster);
  await desk.lose(loss);
  await readTwice(cluster);
  const during = await countTombstones(cluster);
  const alerts = await findAlerts(cluster);
  await desk.clearFaults();
  const healing = performance.now();
  await readAgain(cluster, HEALED_WITHIN_MS);
  await atRest(cluster);
  const healedS = Math.round((performance.now() - healing) / 1_000);
  const differences = await findDifferences(cluster);
  const revived = await takeResurrections(postgres.url);
  const killed = [...during].filter(([table, count]) => count !== before.get(table));
  console.log(`${name}:
  tombstones written: ${killed.map(([table, count]) => `${table} ${count - before.get(table)!}`).join(", ") || "none"}; \
rows that came back to life: ${revived.length}
  told: ${alerts.join("\n        ") || "nothing"}
  once it was over: live after ${healedS} s, ${differences.join("; ") || "equal by verify and by the oracle"}`);
  return killed.length === 0 && revived.length === 0 && alerts.length > 0 && differences.length === 0;
}

/** Erases a part of a table for good; no event tells. */
async function purge(cluster: Cluster): Promise<boolean> {
  const { api, desk } = cluster;
  const keys: string[] = [];
  for await (const { key, deleted } of desk.records(PURGED)) if (!deleted) keys.push(key);
  const purged = keys.slice(0, Math.ceil(keys.length * SHARE));
  await desk.setWebhooks({ dropRate: 1 });
  for (const key of purged) await desk.purge(PURGED, key);
  await desk.setWebhooks({ dropRate: 0 });
  const before = (await countTombstones(cluster)).get(PURGED)!;
  const countPurged = async (): Promise<number> => (await countTombstones(cluster)).get(PURGED)! - before;
  await readTwice(cluster);
  const held = await api.heldDeletes();
  const alerts = await findAlerts(cluster);
  const unconfirmed = await countPurged();
  await api.confirmDeletes(PURGED);
  const isApplied = await until(async () => (await countPurged()) === purged.length, READ_WITHIN_MS);
  await atRest(cluster);
  const differences = await findDifferences(cluster);
  console.log(`${purged.length} of ${keys.length} ${PURGED} are erased at Zoho, their events lost:
  held: ${held.map(({ table, count }) => `${table} ${count}`).join(", ") || "none"}; deleted before a person confirmed: ${unconfirmed}
  told: ${alerts.join("\n        ") || "nothing"}
  once confirmed: ${isApplied ? "all" : "NOT all"} are deleted, ${differences.join("; ") || "equal by verify and by the oracle"}`);
  const [first, ...others] = held;
  const isHeld = first?.table === PURGED && first.count === purged.length && others.length === 0;
  return isHeld && unconfirmed === 0 && isApplied && differences.length === 0;
}

/** What the clock does each RECONCILE_SECONDS and each SWEEP_HOURS; a table that is in error is waited for only for a while. */
async function readAgain({ api }: Cluster, patienceMs = READ_WITHIN_MS): Promise<void> {
  for (const [kind, body] of [
    ["reconcile", {}],
    ["pull", { restart: true }],
  ] as const) {
    let runId: string | null = null;
    // While a table is still to begin with what it was asked for before, another restart is refused.
    await until(async () => {
      runId ??= await api.start(kind, body).catch(() => null);
      return runId !== null && !(await api.isRunning(runId));
    }, patienceMs);
  }
}

async function readTwice(cluster: Cluster): Promise<void> {
  for (let readings = 0; readings < 2; readings += 1) {
    await readAgain(cluster);
    await sleep(ANSWERED_MS);
  }
}

/** What a person sees: the message of each table that is not live, in status and so in `deskmirror_table_live`, and the held deletes. */
async function findAlerts({ api }: Cluster): Promise<readonly string[]> {
  const { tables } = await api.status();
  const held = await api.heldDeletes();
  const isTold = ({ state, message }: TableStatus): boolean => state !== "live" && message !== null;
  return [
    ...tables.filter(isTold).map(({ name, state, message }) => `${name} is ${state}: ${message}`),
    ...held.map(({ table, count }) => `deletes list, deskmirror_held_deletes: ${table} ${count}`),
  ];
}

async function findDifferences({ api, desk, postgres }: Cluster): Promise<readonly string[]> {
  const verdict = (await api.run("verify")) as Verdict;
  const judgements = await judge({ desk, databaseUrl: postgres.url, schema: SOURCE, tables: tableNames });
  return [
    ...verdict.tables
      .map(({ name, missing, extra, different }) => ({ name, wrong: missing.length + extra.length + different.length }))
      .filter(({ wrong }) => wrong > 0)
      .map(({ name, wrong }) => `verify: ${name}, ${wrong}`),
    ...judgements
      .filter(({ faults }) => faults.length > 0)
      .map(({ table, faults }) => `the oracle: ${table}, ${faults.length}, ${faults[0]}`),
  ];
}

async function largestDepartment({ desk }: Cluster): Promise<string> {
  const tickets = new Map<string, number>();
  for await (const { deleted, archived, detail } of desk.records("tickets")) {
    const id = detail["departmentId"] as string;
    if (!deleted && !archived) tickets.set(id, (tickets.get(id) ?? 0) + 1);
  }
  return [...tickets].toSorted(([, left], [, right]) => right - left)[0]![0];
}

/** Deleted rows, by table. */
async function countTombstones({ postgres }: Cluster): Promise<ReadonlyMap<string, number>> {
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  try {
    const counts = new Map<string, number>();
    for (const table of tableNames) {
      const { rows } = await client.query<{ count: number }>(
        `select count(*)::int as count from ${SOURCE}.${table} where _deleted_at is not null`,
      );
      counts.set(table, rows[0]!.count);
    }
    return counts;
  } finally {
    await client.end();
  }
}
