import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import type { Verdict } from "../pair/admin-api.ts";
import { SOURCE, startCluster } from "./cluster.ts";
import type { Cluster } from "./cluster.ts";
import { judge } from "./oracle.ts";
import { connectDesk, filledIn, settled, until } from "./source.ts";

const AROUND_MS = 10_000;
const WITHIN_MS = 1_000;
const ASK_EVERY_MS = 100;

/** What can befall Redis. */
interface Outage {
  readonly name: string;
  /** Whether events that were taken may be lost with it; reconcile then brings what they told. */
  readonly losesEvents: boolean;
  readonly strike: (cluster: Cluster, ms: number) => Promise<void>;
}

const outages: readonly Outage[] = [
  {
    name: "ended and started again",
    losesEvents: false,
    async strike({ redis }, ms) {
      redis.running().kill("SIGTERM");
      await redis.running().ended;
      await sleep(ms);
      redis.start();
    },
  },
  {
    name: "stopped (SIGSTOP)",
    losesEvents: false,
    async strike({ redis }, ms) {
      redis.running().kill("SIGSTOP");
      await sleep(ms);
      redis.running().kill("SIGCONT");
    },
  },
  {
    name: "emptied (FLUSHALL)",
    losesEvents: true,
    async strike({ redis: { origin } }) {
      const redis = new Redis(origin);
      await redis.flushall();
      redis.disconnect();
    },
  },
];

/**
 * Redis ends, later stands still, for a while each, and is emptied at last, all while deliveries come. Each of them, and whoever asks for the
 * service URL, must be answered 200 within a second; then each event must end as a row, and what was lost with Redis must be healed.
 */
export async function proveOutage(options: {
  readonly tickets: number;
  readonly changesPerSecond: number;
  readonly seconds: number;
  readonly signal: AbortSignal;
}): Promise<boolean> {
  const { tickets, changesPerSecond, seconds, signal } = options;
  // One lane would wait for each answer, and so send fewer than that many a second.
  const settings = JSON.stringify({ lanesPerModule: 16 });
  await using cluster = await startCluster({
    deskArguments: { tickets, "daily-credits": 2_000_000, settings },
    signal,
  });
  const { api, desk, balancer } = cluster;
  await connectDesk(cluster, { tables: ["tickets"] });
  await api.run("pull");
  const serviceUrl = await api.serviceUrl();
  let holds = true;
  for (const { name, losesEvents, strike } of outages) {
    const before = (await api.status()).ledger;
    balancer.reset();
    const asking = askAgainAndAgain(serviceUrl);
    await desk.startWorkload(changesPerSecond, { ticketUpdate: 1 });
    await sleep(AROUND_MS);
    await strike(cluster, seconds * 1_000);
    await sleep(AROUND_MS);
    await desk.stopWorkload();
    await desk.delivered();
    const asked = await asking.stop();
    const { deliveries, others, slowestMs } = balancer.answers();
    await until(() =>
      api.status().then(
        () => true,
        () => false,
      ),
    );
    await settled(cluster);
    await until(async () => (await api.status()).gaps.every(({ state }) => state === "closed"));
    await filledIn(cluster);
    const { ledger, gaps } = await api.status();
    const verdict = (await api.run("verify")) as Verdict;
    const [judged] = await judge({ desk, databaseUrl: cluster.postgres.url, schema: SOURCE, tables: ["tickets"] });
    const taken = ledger.applied + ledger.superseded - before.applied - before.superseded;
    console.log(`Redis ${name}${losesEvents ? "" : ` for ${seconds} s`}: ${deliveries} deliveries, other answers than 200: \
${JSON.stringify(others)}, slowest ${Math.round(slowestMs)} ms; the service URL was asked ${asked.times} times, other answers than 200: \
${JSON.stringify(asked.others)}
ledger ${JSON.stringify(ledger)}${losesEvents ? "" : `, of them in this outage ${taken}`}; gaps ${JSON.stringify(gaps)}
verify ${verdict.equal ? "equal" : "NOT equal"}, the oracle: ${judged!.faults.length} of ${judged!.desk} differ`);
    const isAnswered = Object.keys({ ...others, ...asked.others }).length === 0 && slowestMs < WITHIN_MS;
    // A group that Redis took unseen while it stood still comes from the spool once more, and is counted once more.
    const isAccountedFor = ledger.unaccounted + ledger.deadLettered === 0 && (losesEvents || taken >= deliveries);
    holds &&= isAnswered && isAccountedFor && verdict.equal && judged!.faults.length === 0;
  }
  return holds;
}

/** Asks for a URL as Zoho does to validate it, until it is stopped. */
function askAgainAndAgain(url: string) {
  const stopping = new AbortController();
  const others: Record<string, number> = {};
  let times = 0;

  async function ask(): Promise<void> {
    while (!stopping.signal.aborted) {
      const status = await fetch(url, { signal: AbortSignal.timeout(WITHIN_MS) }).then(
        async (answer) => (await answer.text(), answer.status),
        (error: unknown) => String(error),
      );
      times += 1;
      if (status !== 200) others[status] = (others[status] ?? 0) + 1;
      await sleep(ASK_EVERY_MS);
    }
  }

  const asking = ask();
  return {
    async stop() {
      stopping.abort();
      await asking;
      return { times, others };
    },
  };
}
