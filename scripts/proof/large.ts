import { setTimeout as sleep } from "node:timers/promises";
import { tableNames } from "@deskmirror/desk-emulator";
import type { Status, Verdict } from "../pair/admin-api.ts";
import { isListed } from "../demo/progress.ts";
import { SOURCE } from "./cluster.ts";
import type { Cluster } from "./cluster.ts";
import { judge } from "./oracle.ts";
import type { TableJudgement } from "./oracle.ts";

/** What Zoho tells nobody of: it is read whole again. */
const UNTOLD_TABLES = tableNames.filter(
  (name) => name === "archived_tickets" || /^ticket_(?!tags|templates)/.test(name),
);

/** What the large run came to. */
export interface LargeRun {
  readonly verdict: Verdict;
  readonly judgements: readonly TableJudgement[];
  readonly status: Status;
  readonly changes: Readonly<Record<string, number>>;
  readonly pullSeconds: number;
  readonly totalSeconds: number;
}

/** Creates the source of a proof with all 30 tables, and registers its webhook. */
export async function connectDesk({ api, desk }: Cluster, settings: object = {}): Promise<void> {
  await api.createSource({
    name: SOURCE,
    orgId: desk.orgId,
    clientId: desk.clientId,
    clientSecret: desk.clientSecret,
    code: await desk.generateCode(),
    tables: tableNames,
    accountsUrl: desk.url,
    deskUrl: desk.url,
    ...settings,
  });
  await api.registerWebhook();
}

/**
 * Pulls every table while the Desk changes and its webhooks come doubled, shuffled or not at all; kills one sync in the middle. Then lets
 * reconcile and a second read find what no webhook told, and compares.
 */
export async function runLarge(
  cluster: Cluster,
  { changesPerSecond, say }: { readonly changesPerSecond: number; readonly say: (line: string) => void },
): Promise<LargeRun> {
  const { api, desk, syncs } = cluster;
  await connectDesk(cluster);
  await desk.setWebhooks({ dropRate: 0.02, duplicateRate: 0.1, shuffle: true });
  await desk.startWorkload(changesPerSecond);
  const startedMs = performance.now();
  const seconds = (): number => Math.round((performance.now() - startedMs) / 1_000);
  const pulling = api.run("pull");
  await Promise.race([pulling, until(async () => (await listed()) >= tableNames.length / 2)]);
  syncs[1]!.running().kill("SIGKILL");
  await syncs[1]!.running().ended;
  say(`${seconds()} s: one sync is killed while ${await listed()} of ${tableNames.length} tables are read`);
  syncs[1]!.start();
  await pulling;
  const pullSeconds = seconds();
  say(`${pullSeconds} s: every table is read; the changes go on for 10 s more`);
  await sleep(10_000);
  const changes = await desk.stopWorkload();
  await desk.delivered();
  await settled();
  say(`${seconds()} s: every event is applied`);
  // A table whose listing fell short, since records came and went meanwhile, is read again after a minute.
  await until(async () => (await api.status()).tables.every(({ state }) => state === "live"));
  say(`${seconds()} s: every table is live`);
  // More than the 2 s by which Desk's search stays behind.
  await sleep(3_000);
  await api.run("reconcile");
  say(`${seconds()} s: reconciled`);
  await api.run("pull", { tables: UNTOLD_TABLES, restart: true });
  await settled();
  say(`${seconds()} s: read again what Zoho tells nobody`);
  await until(async () => (await api.status()).tables.every(({ rows, full }) => full === rows));
  say(`${seconds()} s: every row has its detail`);
  const verdict = (await api.run("verify")) as Verdict;
  say(`${seconds()} s: verify says ${verdict.equal ? "equal" : "NOT equal"} after ${verdict.looks} looks`);
  const judgements = await judge({ desk, databaseUrl: cluster.databaseUrl, schema: SOURCE, tables: tableNames });
  return { verdict, judgements, status: await api.status(), changes, pullSeconds, totalSeconds: seconds() };

  async function listed(): Promise<number> {
    return (await api.status()).tables.filter(isListed).length;
  }

  async function settled(): Promise<void> {
    await until(async () => (await api.status()).ledger.inFlight === 0);
  }
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(1_000);
}
