import { setTimeout as sleep } from "node:timers/promises";
import type { Verdict } from "../pair/admin-api.ts";
import { startCluster } from "./cluster.ts";
import { connectDesk, settled, until } from "./source.ts";

const OUTAGE_MS = 20_000;
const AROUND_MS = 10_000;
const WITHIN_MS = 1_000;

/** Redis ends, and later stands still, for 20 s each while deliveries come: each must be answered 200 within a second and end as a row. */
export async function proveOutage(options: {
  readonly tickets: number;
  readonly changesPerSecond: number;
  readonly signal: AbortSignal;
}): Promise<boolean> {
  const { tickets, changesPerSecond, signal } = options;
  await using cluster = await startCluster({ deskArguments: { tickets }, signal });
  const { api, desk, balancer, redis } = cluster;
  await connectDesk(cluster, { tables: ["tickets"] });
  await api.run("pull");
  let holds = true;
  const outages: Readonly<Record<string, () => Promise<void>>> = {
    "ended and started again": async () => {
      redis.running().kill("SIGTERM");
      await redis.running().ended;
      await sleep(OUTAGE_MS);
      redis.start();
    },
    "stopped (SIGSTOP)": async () => {
      redis.running().kill("SIGSTOP");
      await sleep(OUTAGE_MS);
      redis.running().kill("SIGCONT");
    },
  };
  for (const [how, outage] of Object.entries(outages)) {
    balancer.reset();
    await desk.startWorkload(changesPerSecond, { ticketUpdate: 1 });
    await sleep(AROUND_MS);
    await outage();
    await sleep(AROUND_MS);
    await desk.stopWorkload();
    await desk.delivered();
    const { deliveries, others, slowestMs } = balancer.answers();
    await until(() =>
      api.status().then(
        () => true,
        () => false,
      ),
    );
    await settled(cluster);
    const { ledger } = await api.status();
    const verdict = (await api.run("verify")) as Verdict;
    console.log(`Redis ${how} for ${OUTAGE_MS / 1_000} s: ${deliveries} deliveries, other answers than 200: ${JSON.stringify(others)}, \
slowest ${Math.round(slowestMs)} ms; ledger ${JSON.stringify(ledger)}; verify ${verdict.equal ? "equal" : "NOT equal"}`);
    const isAnswered = Object.keys(others).length === 0 && slowestMs < WITHIN_MS;
    holds &&= isAnswered && ledger.unaccounted === 0 && ledger.deadLettered === 0 && verdict.equal;
  }
  return holds;
}
