import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import type { AdminApi, TableStatus } from "../pair/admin-api.ts";
import { SOURCE, startCluster } from "./cluster.ts";
import type { Cluster } from "./cluster.ts";
import { judge } from "./oracle.ts";
import { formatDesk, hasNoBreach } from "./report.ts";
import { connectDesk, settled, sweep, until } from "./source.ts";

const CRASHES = 10;
/** Readings of a table under way at once: each repeats at most the page that it had in flight. */
const READINGS = 8;

/**
 * Pulls tickets of which thousands were made in one second and hundreds in one millisecond, while others are written and a sync is killed
 * ten times. Gives whether the table is proven complete and equal, at about the least that it can cost.
 */
export async function proveDense({ tickets, signal }: { readonly tickets: number; readonly signal: AbortSignal }) {
  const crowds = [
    { tickets: 7_000, withinMs: 999 },
    { tickets: 900, withinMs: 0 },
  ];
  const deskArguments = { tickets, crowds: JSON.stringify(crowds), "daily-credits": 2_000_000, "latency-ms": 200 };
  await using cluster = await startCluster({ deskArguments, environment: { LOG_LEVEL: "error" }, signal });
  const { api, desk } = cluster;
  await connectDesk(cluster, { tables: ["tickets"], throttle: { concurrency: 10 } });
  await desk.startWorkload(20);
  const startedMs = performance.now();
  await api.start("pull");
  const crashes = await killWhilePulling(cluster);
  await until(async () => (await ticketsOf(api)).state === "live");
  const seconds = Math.round((performance.now() - startedMs) / 1_000);
  const { requests } = await desk.stats();
  await desk.stopWorkload();
  await settled(cluster);
  await sleep(3_000);
  const spent = await pullOf(api);
  // What the clock does each SWEEP_HOURS: only so a record is found that came back from the bin without a word.
  await sweep(cluster);
  const quiet = await pullOf(api);
  const { rows } = await ticketsOf(api);
  const least = 3 * Math.ceil(rows / 100);
  const [judged] = await judgeTickets(cluster);
  const pages = requests["GET /tickets/search"] ?? 0;
  const stats = await desk.stats();
  console.log(`${tickets.toLocaleString("en")} tickets, 7,000 of them within a second, 900 in a millisecond, 20 changes a second
live after ${seconds} s and ${crashes} times kill -9; ${rows.toLocaleString("en")} rows
the pull spent ${spent.credits} credits on ${spent.calls} pages, the next one, on a Desk at rest, ${quiet.credits} on ${quiet.calls}
3 × ⌈rows/100⌉ = ${least}: ${(spent.credits / least).toFixed(2)} and ${(quiet.credits / least).toFixed(2)}
searches in all, reconcile and repeats among them: ${pages}
the oracle: ${judged!.faults.length} of ${judged!.desk} differ ${judged!.faults.slice(0, 3).join("; ")}
${formatDesk(stats)}`);
  const isCheap = quiet.credits <= least * 1.1;
  const repeatsFew = pages - spent.calls - 30 <= CRASHES * READINGS;
  return judged!.faults.length === 0 && isCheap && repeatsFew && crashes === CRASHES && hasNoBreach(stats);
}

/** Kills one sync after the other at random moments while tickets are read; gives how often. */
async function killWhilePulling({ syncs, api }: Cluster): Promise<number> {
  for (let crashes = 0; crashes < CRASHES; crashes++) {
    await sleep(500 + Math.random() * 2_000);
    const { pull } = await ticketsOf(api);
    if (pull !== null && pull.state !== "running") return crashes;
    const struck = syncs[crashes % syncs.length]!;
    struck.running().kill("SIGKILL");
    await struck.running().ended;
    struck.start();
  }
  return CRASHES;
}

/** Status of the one table, as soon as a sync answers. */
async function ticketsOf(api: AdminApi): Promise<TableStatus> {
  for (;;) {
    const status = await api.status().catch(() => null);
    if (status !== null) return status.tables[0]!;
    await sleep(200);
  }
}

/** What the last pull spent; asking for it again when it is complete gives it. */
async function pullOf(api: AdminApi): Promise<{ readonly calls: number; readonly credits: number }> {
  const { tables } = (await api.run("pull")) as { readonly tables: readonly { calls: number; credits: number }[] };
  return tables[0]!;
}

function judgeTickets({ desk, postgres }: Cluster) {
  return judge({ desk, databaseUrl: postgres.url, schema: SOURCE, tables: ["tickets"], mayLackDetail: true });
}

/**
 * Pulls tickets of which more were made in one millisecond and one department than a search reaches: the table says `incomplete` and names
 * the instant, and all others are equal.
 */
export async function proveUnreachable({ signal }: { readonly signal: AbortSignal }) {
  const crowds = [{ tickets: 3_000, withinMs: 0, inOneDepartment: true }];
  const deskArguments = { tickets: 6_000, crowds: JSON.stringify(crowds), "daily-credits": 2_000_000 };
  await using cluster = await startCluster({ deskArguments, environment: { LOG_LEVEL: "error" }, signal });
  const { api, desk } = cluster;
  await connectDesk(cluster, { tables: ["tickets"] });
  await api.run("pull");
  const { state, message } = await ticketsOf(api);
  const { crowdedAt, missing, elsewhere } = await findMissing(cluster);
  const stats = await desk.stats();
  console.log(`6,000 tickets, 3,000 of them in one millisecond and department (${crowdedAt}); a search reaches 1,000
tickets is ${state}: ${message}
missing: ${missing}, of them at another instant: ${elsewhere}
${formatDesk(stats)}`);
  // Where offsets end is found out by asking: once for all departments, once for the crowded one.
  const { outOfRange, ...breaches } = stats.breaches;
  const isWall = (outOfRange?.count ?? 0) <= 2 && hasNoBreach({ ...stats, breaches });
  return state === "incomplete" && message!.includes(crowdedAt) && elsewhere === 0 && isWall;
}

/** Tickets that the database lacks, and how many of them were not made at the instant at which most were. */
async function findMissing({ desk, postgres }: Cluster) {
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  const { rows } = await client.query<{ id: string }>(`select id from ${SOURCE}.tickets`);
  await client.end();
  const there = new Set(rows.map(({ id }) => id));
  const byInstant = new Map<string, { all: number; missing: number }>();
  for await (const { key, deleted, archived, detail } of desk.records("tickets")) {
    if (deleted || archived) continue;
    const instant = detail["createdTime"] as string;
    const counts = byInstant.get(instant) ?? { all: 0, missing: 0 };
    byInstant.set(instant, counts);
    counts.all += 1;
    if (!there.has(key)) counts.missing += 1;
  }
  const [crowded, ...others] = [...byInstant].toSorted(([, left], [, right]) => right.all - left.all);
  const elsewhere = others.reduce((sum, [, { missing }]) => sum + missing, 0);
  return { crowdedAt: crowded![0], missing: crowded![1].missing + elsewhere, elsewhere };
}
