import { ask } from "./ask.ts";
import type { RedisConnection } from "./connection.ts";
import { sourceKey } from "./keys.ts";

/** Work of a source that must not be done more than so often a minute, over all processes. TransientError when Redis is out of reach. */
export interface Turns {
  /**
   * How long (ms) until work has its turn; 0: it has it now. It keeps its place when asked for again under its id, for a minute beyond
   * its turn. `size` is how much of the limit it takes, at most all of it.
   */
  readonly waitMs: (source: string, work: { readonly id: string; readonly size: number }) => Promise<number>;
}

const WINDOW_MS = 60_000;

/**
 * Each piece of work holds as many members as it is large, at the time of its turn: later than the limit-th of them from the end by a
 * minute. KEYS turns · ARGV id, size, limit, window in ms
 */
const TAKE = `
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local size, limit, window = math.min(tonumber(ARGV[2]), tonumber(ARGV[3])), tonumber(ARGV[3]), tonumber(ARGV[4])
redis.call("ZREMRANGEBYSCORE", KEYS[1], "-inf", now - window)
local known = redis.call("ZSCORE", KEYS[1], ARGV[1] .. " 1")
if known then return math.max(0, known - now) end
local before = redis.call("ZREVRANGE", KEYS[1], limit - size, limit - size, "WITHSCORES")[2]
local last = redis.call("ZREVRANGE", KEYS[1], 0, 0, "WITHSCORES")[2]
local turn = math.max(now, last or 0, before and before + window or 0)
for part = 1, size do redis.call("ZADD", KEYS[1], turn, ARGV[1] .. " " .. part) end
redis.call("PEXPIRE", KEYS[1], turn - now + window)
return turn - now`;

/** Turns, at most `limit` of them within any minute. */
export function createTurns({ connection: { client }, name, limit }: TurnsOptions): Turns {
  return {
    async waitMs(source, { id, size }) {
      return Number(await ask(client.eval(TAKE, 1, sourceKey(source, "turns", name), id, size, limit, WINDOW_MS)));
    },
  };
}

interface TurnsOptions {
  readonly connection: RedisConnection;
  /** What they are turns of. */
  readonly name: string;
  readonly limit: number;
}
