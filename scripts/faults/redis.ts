import { Redis } from "ioredis";
import type { Cluster } from "../proof/cluster.ts";
import { harmless } from "./fault.ts";
import type { Fault } from "./fault.ts";

const LASTING_MS = 5_000;
const FROZEN_MS = 10_000;
/** In each direction: an answer takes four times as long as ingest waits for one. */
const DELAY_MS = 1_000;
/** Share of what it uses that is all it may use: well under it, so that what is freed meanwhile makes no room. */
const FULL_AT = 0.7;

const away = { ...harmless, holdMs: LASTING_MS, readiness: { ingest: "red", sync: "red" } } as const;

/** What can happen to Redis, on which everything between the services rests. */
export const redisFaults: readonly Fault[] = [
  {
    ...away,
    name: "Redis killed (kill -9)",
    async strike({ redis }) {
      redis.running().kill("SIGKILL");
      const how = await redis.running().ended;
      return async () => {
        redis.start();
        return `ended with ${how}`;
      };
    },
  },
  {
    ...away,
    name: "Redis frozen (SIGSTOP)",
    holdMs: FROZEN_MS,
    async strike({ redis }) {
      redis.running().kill("SIGSTOP");
      return async () => {
        redis.running().kill("SIGCONT");
        return "stopped and continued";
      };
    },
  },
  {
    ...away,
    name: "Redis slow",
    async strike({ redisLink }) {
      redisLink.delay(DELAY_MS);
      return async () => {
        redisLink.delay(0);
        return `each answer ${(2 * DELAY_MS) / 1_000} s late`;
      };
    },
  },
  {
    ...away,
    name: "Redis full (maxmemory)",
    strike: (cluster) =>
      withRedis(cluster, async (redis) => {
        const before = await countRefusals(redis);
        const used = Number(/used_memory:(\d+)/.exec(await redis.info("memory"))![1]);
        const limit = Math.floor(used * FULL_AT);
        await redis.config("SET", "maxmemory", String(limit));
        return () =>
          withRedis(cluster, async (later) => {
            await later.config("SET", "maxmemory", "0");
            const refused = (await countRefusals(later)) - before;
            if (refused === 0) throw new Error("Redis refused nothing: the fault struck nothing");
            return `${refused} commands refused`;
          });
      }),
  },
  {
    ...harmless,
    name: "Redis emptied (FLUSHALL)",
    holdMs: 0,
    losesDeliveries: true,
    emptiesLedger: true,
    strike: (cluster) =>
      withRedis(cluster, async (redis) => {
        const keys = await redis.dbsize();
        await redis.flushall();
        return async () => `${keys} keys gone`;
      }),
  },
];

async function countRefusals(redis: Redis): Promise<number> {
  return Number(/errorstat_OOM:count=(\d+)/.exec(await redis.info("errorstats"))?.[1] ?? 0);
}

async function withRedis<T>({ redis: { origin } }: Cluster, use: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(origin);
  try {
    return await use(redis);
  } finally {
    redis.disconnect();
  }
}
