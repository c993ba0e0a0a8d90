import { setTimeout as sleep } from "node:timers/promises";
import { SOURCE, startCluster } from "./cluster.ts";
import { judge } from "./oracle.ts";
import { formatDesk, hasNoBreach } from "./report.ts";
import { connectDesk, settled, until } from "./source.ts";

const DAILY_CREDITS = 20_000;
const RESERVE = 0.4;
const QUIET_MS = 20_000;

/** Pulls more than a day's credits allow: it must stop at the reserve, say when it goes on, and apply events all the same. */
export async function proveReserve({ tickets, signal }: { readonly tickets: number; readonly signal: AbortSignal }) {
  const deskArguments = { tickets, "daily-credits": DAILY_CREDITS };
  await using cluster = await startCluster({ deskArguments, signal });
  const { api, desk } = cluster;
  await connectDesk(cluster, { throttle: { reserve: RESERVE } });
  await api.start("pull");
  await until(async () => (await api.status()).credits.waitUntil !== null);
  const { message, credits, tables } = await api.status();
  const read = tables.filter(({ pull }) => pull?.state === "complete").length;
  console.log(`${message}\n${read} of ${tables.length} tables are read; credits ${JSON.stringify(credits)}`);
  const before = await desk.stats();
  await desk.startWorkload(20, { ticketUpdate: 1 });
  await sleep(QUIET_MS);
  await desk.stopWorkload();
  await settled(cluster);
  const after = await desk.stats();
  const { ledger } = await api.status();
  const [judged] = await judge({
    desk,
    databaseUrl: cluster.postgres.url,
    schema: SOURCE,
    tables: ["tickets"],
    mayLackDetail: true,
  });
  console.log(`in the next ${QUIET_MS / 1_000} s ${after.creditsSpent - before.creditsSpent} credits were spent
ledger ${JSON.stringify(ledger)}
tickets that differ in what they have: ${judged!.faults.length} of ${judged!.desk}
${formatDesk(after)}`);
  for (const fault of judged!.faults.slice(0, 5)) console.log(fault);
  const isKept = after.creditsSpent <= DAILY_CREDITS * (1 - RESERVE);
  const isApplied =
    ledger.applied > 0 && ledger.inFlight === 0 && ledger.unaccounted === 0 && judged!.faults.length === 0;
  return isKept && isApplied && hasNoBreach(after) && after.creditsSpent === before.creditsSpent;
}
