import { setTimeout as sleep } from "node:timers/promises";
import { tableNames } from "@deskmirror/desk-emulator";
import type { Status, Verdict } from "../pair/admin-api.ts";
import { SOURCE, startCluster } from "./cluster.ts";
import type { Cluster } from "./cluster.ts";
import { judge } from "./oracle.ts";
import { formatDesk, formatTables, hasNoBreach } from "./report.ts";
import { atRest, connectDesk, until } from "./source.ts";

/** Changes that events tell and that a round of reconcile finds when they are lost. */
const mix = {
  ticketCreate: 3,
  ticketUpdate: 30,
  ticketDelete: 2,
  ticketMove: 3,
  contactCreate: 3,
  contactUpdate: 5,
  contactDelete: 1,
  accountCreate: 1,
  accountUpdate: 3,
  taskCreate: 2,
  taskUpdate: 3,
  taskDelete: 1,
  callCreate: 1,
  callUpdate: 1,
  eventCreate: 1,
  eventUpdate: 1,
  articleCreate: 1,
  articleUpdate: 1,
};
/** The tables they change. */
const changing = ["tickets", "contacts", "accounts", "tasks", "calls", "events", "articles"];

const MINUTE_MS = 60_000;
/** A round looks back this far behind its table's watermark (services/sync/src/mirror/reconcile.ts). */
const LOOK_BACK_MS = 10 * MINUTE_MS;
/** A page of rows, and what it costs. */
const [PAGE, CREDITS] = [100, 3];
const TRAFFIC_MS = 10_000;
/** An ingest stores its gap in its first second. */
const TOLD_MS = 3_000;
const PATIENCE_MS = 10 * MINUTE_MS;

/**
 * Ends every ingest under traffic, one by SIGTERM and one by kill -9, so that Desk's deliveries are lost, and starts them again after some
 * minutes. Gives whether the gap is told and closed by itself, for credits that what was changed explains, and all is equal.
 */
export async function proveMissed(options: {
  readonly tickets: number;
  readonly changesPerSecond: number;
  readonly minutes: number;
  readonly signal: AbortSignal;
}): Promise<boolean> {
  const { tickets, changesPerSecond, minutes, signal } = options;
  // No round by the clock falls into the silence: what heals is what the gap made.
  const environment = { RECONCILE_SECONDS: `${Math.max(900, 2 * minutes * 60)}` };
  const deskArguments = { tickets, "daily-credits": 2_000_000, concurrency: 25 };
  await using cluster = await startCluster({ deskArguments, environment, signal });
  const { api, desk, balancer } = cluster;
  await connectDesk(cluster);
  await api.run("pull");
  await atRest(cluster);
  const idleCredits = await measureIdleRound(cluster);
  const deletedBefore = await countDeleted(cluster);
  await desk.startWorkload(changesPerSecond, mix);
  await sleep(TRAFFIC_MS);
  balancer.reset();
  const deaf = await beDeaf(cluster, { ms: minutes * MINUTE_MS, deletedBefore });
  await sleep(TRAFFIC_MS);
  const made = Object.values(await desk.stopWorkload()).reduce((sum, count) => sum + count, 0);
  await atRest(cluster);
  const verdict = (await api.run("verify")) as Verdict;
  const judgements = await judge({ desk, databaseUrl: cluster.postgres.url, schema: SOURCE, tables: tableNames });
  const agrees = judgements.every(({ faults }) => faults.length === 0);
  const stats = await desk.stats();
  const { others } = balancer.answers();
  const bound = (deaf.changed / PAGE) * CREDITS + idleCredits;
  console.log(`${made.toLocaleString("en")} changes at ${changesPerSecond} a second, both ingests down for ${minutes} minutes of them; \
deliveries not answered 200: ${JSON.stringify(others)}
gaps ${JSON.stringify(deaf.gaps)}
closed ${(deaf.closedMs / 1_000).toFixed(1)} s after the start
an idle round, with the recycle bin read whole: ${idleCredits} credits
reconcile spent ${deaf.credits} credits; rows changed since the watermarks less the look-back of 10 minutes: ${deaf.changed}, \
since the watermarks themselves: ${deaf.changedSinceWatermark}
${deaf.changed} ÷ ${PAGE} × ${CREDITS} + ${idleCredits} = ${bound.toFixed(0)}: ${(deaf.credits / bound).toFixed(2)}
verify ${verdict.equal ? "equal" : "NOT equal"}, the oracle ${agrees ? "equal" : "NOT equal"}
${formatTables(verdict, judgements)}
${formatDesk(stats)}`);
  const isLost = Object.keys(others).length > 0;
  return isLost && deaf.isHealed && deaf.credits <= bound && verdict.equal && agrees && hasNoBreach(stats);
}

type Gap = Status["gaps"][number];

/** What a silence came to. */
interface Silence {
  /** Whether it was told as a gap that covers it, and closed by itself. */
  readonly isHealed: boolean;
  readonly gaps: readonly Gap[];
  /** From the start of the ingests until the last gap was closed. */
  readonly closedMs: number;
  /** What reconcile spent from the end of the ingests until then. */
  readonly credits: number;
  /** Rows that were changed or deleted since each table's watermark less the look-back, and since it; until then, since changes go on. */
  readonly changed: number;
  readonly changedSinceWatermark: number;
}

/** Both ingests are down for a while; `deletedBefore`: how many records were deleted before the changes began. */
async function beDeaf(
  cluster: Cluster,
  { ms, deletedBefore }: { readonly ms: number; readonly deletedBefore: number },
): Promise<Silence> {
  const { api, ingests } = cluster;
  const spentBefore = await spentByReconcile(cluster);
  const endedMs = Date.now();
  const signals = ["SIGTERM", "SIGKILL"] as const;
  await Promise.all(
    ingests.map(async ({ running }, index) => {
      running().kill(signals[index % signals.length]);
      await running().ended;
    }),
  );
  await sleep(ms);
  const watermarks = new Map((await api.status()).tables.map(({ name, watermark }) => [name, watermark]));
  const startedMs = Date.now();
  for (const ingest of ingests) ingest.start();
  await Promise.all(ingests.map(({ origin }) => until(() => isReady(origin), PATIENCE_MS)));
  // Each tells its gap of its own.
  await sleep(TOLD_MS);
  const isOver = await until(async () => (await api.status()).gaps.every(({ to }) => to !== null), PATIENCE_MS);
  const { gaps: all } = await api.status();
  const gaps = all.filter(({ to }) => to === null || Date.parse(to) >= startedMs);
  const covers = ({ reason, from }: Gap): boolean => reason === "ingest down" && Date.parse(from) <= endedMs;
  const isHealed = isOver && gaps.some(covers);
  const closedMs = Math.max(...gaps.map(({ to }) => Date.parse(to ?? "") - startedMs));
  const credits = (await spentByReconcile(cluster)) - spentBefore;
  const deleted = (await countDeleted(cluster)) - deletedBefore;
  const changed = deleted + (await countModified(cluster, watermarks, LOOK_BACK_MS));
  const changedSinceWatermark = deleted + (await countModified(cluster, watermarks, 0));
  return { isHealed, gaps, closedMs, credits, changed, changedSinceWatermark };
}

async function measureIdleRound(cluster: Cluster): Promise<number> {
  const before = await spentByReconcile(cluster);
  await cluster.api.run("reconcile");
  return (await spentByReconcile(cluster)) - before;
}

async function spentByReconcile({ api }: Cluster): Promise<number> {
  return (await api.status()).credits.spentToday["reconcile"]!;
}

function isReady(origin: string): Promise<boolean> {
  return fetch(`${origin}/readyz`).then(
    ({ ok }) => ok,
    () => false,
  );
}

async function countDeleted({ desk }: Cluster): Promise<number> {
  let count = 0;
  for (const table of changing) for await (const { deleted } of desk.records(table)) if (deleted) count += 1;
  return count;
}

/** Live records that were modified since their table's watermark and some time before. */
async function countModified(
  { desk }: Cluster,
  watermarks: ReadonlyMap<string, string | null>,
  beforeMs: number,
): Promise<number> {
  let count = 0;
  for (const table of changing) {
    const sinceMs = Date.parse(watermarks.get(table)!) - beforeMs;
    for await (const { deleted, archived, modifiedTime } of desk.records(table)) {
      if (!deleted && !archived && Date.parse(modifiedTime!) >= sinceMs) count += 1;
    }
  }
  return count;
}
