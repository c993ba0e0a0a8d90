import { ask } from "./ask.ts";
import type { RedisConnection } from "./connection.ts";
import { sourceKey } from "./keys.ts";

/** Children of a record, of one stream. */
export interface Children {
  readonly stream: string;
  readonly parentKey: string;
}

/** Children that must be read again. */
export interface Due extends Children {
  /** When they became due by Redis's clock (ms); later each time, even when that clock is not. */
  readonly dueMs: number;
}

/** Coalesced work of each source, newest first, shared by all processes. TransientError when Redis is out of reach. */
export interface DueSet {
  /** They are due from now on, those that were due already once more. */
  readonly add: (source: string, children: readonly Children[]) => Promise<void>;
  /** Takes up to `limit`; what is not done within `ttlMs` can be claimed again. */
  readonly claim: (source: string, limit: number, ttlMs: number) => Promise<readonly Due[]>;
  /** Forgets what was claimed, unless it became due again since. */
  readonly done: (source: string, due: Due) => Promise<void>;
  readonly size: (source: string) => Promise<number>;
  /** When the oldest of it became due, or since when some of it is lost (ms); null when there is nothing. */
  readonly oldestMs: (source: string) => Promise<number | null>;
  /** Says that what became due since a time (ms) is lost: whatever changed since makes it due once more. */
  readonly lose: (source: string, sinceMs: number) => Promise<void>;
  /** Null when nothing is lost. */
  readonly lostSinceMs: (source: string) => Promise<number | null>;
  /** What was lost since a time is due again; an earlier loss that was told of meanwhile stays. */
  readonly found: (source: string, sinceMs: number) => Promise<void>;
}

const NOW = `
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)`;

/** KEYS due · ARGV members; whoever works on one of them finds that it became due again, whatever any clock says */
const ADD = `${NOW}
for _, member in ipairs(ARGV) do
  local known = tonumber(redis.call("ZSCORE", KEYS[1], member) or 0)
  redis.call("ZADD", KEYS[1], string.format("%d", math.max(now, known + 1)), member)
end`;

/** KEYS due, claimed · ARGV limit, ttl in ms */
const CLAIM = `${NOW}
redis.call("ZREMRANGEBYSCORE", KEYS[2], "-inf", now)
local newest = redis.call("ZREVRANGE", KEYS[1], 0, ARGV[1] + redis.call("ZCARD", KEYS[2]) - 1, "WITHSCORES")
local taken = {}
for index = 1, #newest, 2 do
  if #taken < ARGV[1] * 2 and redis.call("ZADD", KEYS[2], "NX", now + ARGV[2], newest[index]) == 1 then
    table.insert(taken, newest[index])
    table.insert(taken, newest[index + 1])
  end
end
return taken`;

/** KEYS due, claimed · ARGV member, due ms */
const DONE = `
redis.call("ZREM", KEYS[2], ARGV[1])
if tonumber(redis.call("ZSCORE", KEYS[1], ARGV[1])) == tonumber(ARGV[2]) then redis.call("ZREM", KEYS[1], ARGV[1]) end`;

/** KEYS lost · ARGV since in ms */
const LOSE = `
local known = tonumber(redis.call("GET", KEYS[1]))
redis.call("SET", KEYS[1], string.format("%d", math.min(known or tonumber(ARGV[1]), tonumber(ARGV[1]))))`;

/** KEYS lost · ARGV since in ms */
const FOUND = `if redis.call("GET", KEYS[1]) == ARGV[1] then redis.call("DEL", KEYS[1]) end`;

/** A set of due work in Redis. */
export function createDueSet({ connection: { client } }: { readonly connection: RedisConnection }): DueSet {
  const keys = (source: string) => [sourceKey(source, "due"), sourceKey(source, "due", "claimed")] as const;
  const lostKey = (source: string) => sourceKey(source, "due", "lost");

  async function lostSinceMs(source: string): Promise<number | null> {
    const ms = await ask(client.get(lostKey(source)));
    return ms === null ? null : Number(ms);
  }

  return {
    async add(source, children) {
      if (children.length > 0) await ask(client.eval(ADD, 1, keys(source)[0], ...children.map(toMember)));
    },
    async claim(source, limit, ttlMs) {
      const taken = (await ask(client.eval(CLAIM, 2, ...keys(source), limit, ttlMs))) as string[];
      return taken.flatMap((member, index) => (index % 2 === 0 ? [toDue(member, Number(taken[index + 1]))] : []));
    },
    async done(source, due) {
      await ask(client.eval(DONE, 2, ...keys(source), toMember(due), due.dueMs));
    },
    size: (source) => ask(client.zcard(keys(source)[0])),
    async oldestMs(source) {
      const [, score] = await ask(client.zrange(keys(source)[0], 0, "0", "WITHSCORES"));
      const lostMs = await lostSinceMs(source);
      if (score === undefined) return lostMs;
      return lostMs === null ? Number(score) : Math.min(lostMs, Number(score));
    },
    async lose(source, sinceMs) {
      await ask(client.eval(LOSE, 1, lostKey(source), Math.floor(sinceMs)));
    },
    lostSinceMs,
    async found(source, sinceMs) {
      await ask(client.eval(FOUND, 1, lostKey(source), sinceMs));
    },
  };
}

function toMember({ stream, parentKey }: Children): string {
  return `${stream} ${parentKey}`;
}

function toDue(member: string, dueMs: number): Due {
  const space = member.indexOf(" ");
  return { stream: member.slice(0, space), parentKey: member.slice(space + 1), dueMs };
}
