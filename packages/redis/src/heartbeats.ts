import { ask } from "./ask.ts";
import type { RedisConnection } from "./connection.ts";
import { sharedKey } from "./keys.ts";

/** When each instance of ingest was last alive. TransientError when Redis is out of reach. */
export interface Heartbeats {
  readonly beat: (instance: string) => Promise<void>;
  /** By instance, in ms of Redis's clock; instances silent for 7 days are forgotten. */
  readonly all: () => Promise<ReadonlyMap<string, number>>;
}

/** KEYS beats · ARGV instance, ms to keep */
const BEAT = `
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call("ZADD", KEYS[1], now, ARGV[1])
redis.call("ZREMRANGEBYSCORE", KEYS[1], "-inf", now - ARGV[2])`;

const KEEP_MS = 7 * 86_400_000;

/** Heartbeats, shared by all processes. */
export function createHeartbeats({ connection: { client } }: { readonly connection: RedisConnection }): Heartbeats {
  const key = sharedKey("ingest", "heartbeats");
  return {
    async beat(instance) {
      await ask(client.eval(BEAT, 1, key, instance, KEEP_MS));
    },
    async all() {
      const flat = await ask(client.zrange(key, 0, "-1", "WITHSCORES"));
      return new Map(
        flat.flatMap((name, index) => (index % 2 === 0 ? [[name, Number(flat[index + 1])] as const] : [])),
      );
    },
  };
}
