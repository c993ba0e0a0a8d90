import { setTimeout as sleep } from "node:timers/promises";
import { tableNames } from "@deskmirror/desk-emulator";
import type { Verdict } from "../pair/admin-api.ts";
import { SOURCE, startCluster } from "./cluster.ts";
import { judge } from "./oracle.ts";
import { formatDesk, formatEvents, formatTables, hasNoBreach } from "./report.ts";
import { connectDesk, filledIn, settled, sweep, until } from "./source.ts";

/** More than the 2 s by which Desk's search stays behind. */
const SEARCH_LAG_MS = 3_000;

/**
 * Pulls every table while the Desk changes and its webhooks come doubled, shuffled or not at all; kills one sync in the middle. Then lets
 * reconcile and a second read find what no webhook told, and compares twice. Gives whether all holds.
 */
export async function proveLarge(options: {
  readonly tickets: number;
  readonly changesPerSecond: number;
  readonly signal: AbortSignal;
}): Promise<boolean> {
  const { tickets, changesPerSecond, signal } = options;
  const deskArguments = {
    tickets,
    concurrency: 25,
    "daily-credits": 2_000_000,
    "latency-ms": 30,
    "index-lag-ms": 2_000,
  };
  await using cluster = await startCluster({ deskArguments, signal });
  const { api, desk, syncs, balancer } = cluster;
  const startedMs = performance.now();
  const say = (line: string): void => console.log(`${Math.round((performance.now() - startedMs) / 1_000)} s: ${line}`);

  await connectDesk(cluster);
  await desk.setWebhooks({ dropRate: 0.02, duplicateRate: 0.1, shuffle: true });
  await desk.startWorkload(changesPerSecond);
  say(`a Desk of ${tickets} tickets changes ${changesPerSecond} times a second; the pull begins`);
  const pulling = api.run("pull");
  const killing = killInTheMiddle();
  await Promise.all([pulling, killing]);
  say(`every table is read. ${formatDesk(await desk.stats())}`);
  await sleep(10_000);
  const changes = Object.values(await desk.stopWorkload()).reduce((sum, count) => sum + count, 0);
  await settled(cluster);
  say(`after ${changes.toLocaleString("en")} changes every event is applied`);
  // A table whose listing fell short, since records came and went meanwhile, is read again by itself.
  await until(async () => (await api.status()).tables.every(({ state }) => state === "live"));
  say("every table is live");
  await sleep(SEARCH_LAG_MS);
  await sweep(cluster);
  await settled(cluster);
  say("reconciled, and every table read again");
  await filledIn(cluster);
  say(`every row has its detail. ${formatDesk(await desk.stats())}`);
  const verdict = (await api.run("verify")) as Verdict;
  say(`verify says ${verdict.equal ? "equal" : "NOT equal"} after ${verdict.looks} looks`);
  for (const { name, missing, extra, different } of verdict.tables) {
    const unlike = [...missing, ...extra, ...different];
    if (unlike.length > 0) console.log(`  ${name}`, JSON.stringify({ missing, extra, different }));
  }
  const judgements = await judge({ desk, databaseUrl: cluster.postgres.url, schema: SOURCE, tables: tableNames });
  const agrees = judgements.every(({ faults }) => faults.length === 0);
  say(`the oracle says ${agrees ? "equal" : "NOT equal"}`);
  const { ledger } = await api.status();
  const stats = await desk.stats();
  console.log(`
${formatTables(verdict, judgements)}

${await formatEvents(cluster)}

ledger ${JSON.stringify(ledger)}
deliveries ${JSON.stringify(balancer.answers())}
${formatDesk(stats)}`);
  return verdict.equal && agrees && hasNoBreach(stats) && ledger.unaccounted === 0;

  /** Once half of the tickets' threads were read. */
  async function killInTheMiddle(): Promise<void> {
    const isHalf = async (): Promise<boolean> => {
      const { requests } = await desk.stats();
      return (requests["GET /tickets/:parentId/threads"] ?? 0) >= tickets / 2;
    };
    await until(isHalf);
    syncs[1]!.running().kill("SIGKILL");
    await syncs[1]!.running().ended;
    const { tables } = await api.status();
    say(`kill -9 of one sync; ${tables.reduce((sum, { rows }) => sum + rows, 0).toLocaleString("en")} rows are there`);
    syncs[1]!.start();
  }
}
