import type { Gap } from "@deskmirror/model";
import { z } from "zod";
import { ask } from "./ask.ts";
import type { RedisConnection } from "./connection.ts";
import { sourceKey } from "./keys.ts";

/** Times in which events of a source may have been missed. */
export interface Gaps {
  /** Opens a gap, or widens the open one of the same reason. */
  readonly open: (source: string, reason: string, fromMs: number) => Promise<void>;
  /** Closes the gaps that were last opened or widened before this time (ms, Redis's clock), since they were read over. */
  readonly close: (source: string, beforeMs: number) => Promise<void>;
  /** Open ones, then those closed within 7 days, newest first, at most 100. */
  readonly list: (source: string) => Promise<readonly Gap[]>;
}

/** Gaps that can be told anew to a Redis that was emptied. */
export interface RestorableGaps extends Gaps {
  /** Brings back gaps that were listed before; those it has by now stay. */
  readonly restore: (source: string, gaps: readonly Gap[]) => Promise<void>;
}

const KEEP_CLOSED = 100;
const KEEP_CLOSED_MS = 7 * 86_400_000;

/** One open gap for each reason: a thousand refused deliveries are one gap. KEYS open · ARGV reason, from */
const OPEN = `
local time = redis.call("TIME")
local gap = redis.call("HGET", KEYS[1], ARGV[1])
local from = tonumber(ARGV[2])
if gap then from = math.min(from, cjson.decode(gap).fromMs) end
redis.call("HSET", KEYS[1], ARGV[1], cjson.encode({fromMs = from, seenMs = time[1] * 1000 + math.floor(time[2] / 1000)}))`;

/** KEYS open, closed · ARGV before, number to keep */
const CLOSE = `
local gaps = redis.call("HGETALL", KEYS[1])
for index = 1, #gaps, 2 do
  local gap = cjson.decode(gaps[index + 1])
  if gap.seenMs < tonumber(ARGV[1]) then
    redis.call("HDEL", KEYS[1], gaps[index])
    redis.call("LPUSH", KEYS[2], cjson.encode({fromMs = gap.fromMs, toMs = tonumber(ARGV[1]), reason = gaps[index]}))
  end
end
redis.call("LTRIM", KEYS[2], 0, ARGV[2] - 1)`;

/** Of the closed gaps those that are not there go behind the others: they are older. KEYS closed · ARGV number to keep, gaps … */
const RESTORE_CLOSED = `
local there = {}
for _, text in ipairs(redis.call("LRANGE", KEYS[1], 0, -1)) do
  local gap = cjson.decode(text)
  there[gap.reason .. gap.toMs] = true
end
for index = 2, #ARGV do
  local gap = cjson.decode(ARGV[index])
  if not there[gap.reason .. gap.toMs] then redis.call("RPUSH", KEYS[1], ARGV[index]) end
end
redis.call("LTRIM", KEYS[1], 0, ARGV[1] - 1)`;

const openGap = z.object({ fromMs: z.number() });
const closedGap = z.object({ fromMs: z.number(), toMs: z.number(), reason: z.string() });

/** Gaps of each source, shared by all processes. TransientError when Redis is out of reach. */
export function createGaps({ connection: { client } }: { readonly connection: RedisConnection }): RestorableGaps {
  const openKey = (source: string) => sourceKey(source, "gaps");
  const closedKey = (source: string) => sourceKey(source, "gaps", "closed");

  async function open(source: string, reason: string, fromMs: number): Promise<void> {
    await ask(client.eval(OPEN, 1, openKey(source), reason, Math.floor(fromMs)));
  }

  return {
    open,
    async restore(source, gaps) {
      const closed: string[] = [];
      for (const { fromMs, toMs, reason } of gaps) {
        if (toMs === null) await open(source, reason, fromMs);
        else closed.push(JSON.stringify({ fromMs, toMs, reason }));
      }
      if (closed.length > 0) await ask(client.eval(RESTORE_CLOSED, 1, closedKey(source), KEEP_CLOSED, ...closed));
    },
    async close(source, beforeMs) {
      await ask(client.eval(CLOSE, 2, openKey(source), closedKey(source), Math.floor(beforeMs), KEEP_CLOSED));
    },
    async list(source) {
      const [open, closed] = await Promise.all([
        ask(client.hgetall(openKey(source))),
        ask(client.lrange(closedKey(source), 0, -1)),
      ]);
      const sinceMs = Date.now() - KEEP_CLOSED_MS;
      return [
        ...Object.entries(open).map(([reason, text]): Gap => {
          const { fromMs } = openGap.parse(JSON.parse(text));
          return { fromMs, toMs: null, reason, state: "open" };
        }),
        ...closed
          .map((text): Gap => ({ ...closedGap.parse(JSON.parse(text)), state: "closed" }))
          .filter(({ toMs }) => toMs !== null && toMs >= sinceMs),
      ].toSorted(
        (left, right) => Number(left.toMs !== null) - Number(right.toMs !== null) || right.fromMs - left.fromMs,
      );
    },
  };
}
