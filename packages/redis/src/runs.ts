import type { JsonValue } from "@deskmirror/model";
import { ulid } from "ulid";
import { z } from "zod";
import { ask } from "./ask.ts";
import type { RedisConnection } from "./connection.ts";
import { sharedKey } from "./keys.ts";

/** Work a person asked for (contract section 4). */
export interface Run {
  readonly id: string;
  readonly source: string;
  readonly kind: string;
  readonly state: "running" | "done" | "failed";
  readonly startedMs: number;
  readonly finishedMs: number | null;
  readonly input: JsonValue;
  readonly result: JsonValue;
}

/** A run to start. */
export interface RunStart {
  readonly kind: string;
  /** Of the runs of a slot one is running at a time; left out: the kind. */
  readonly slot?: string;
  readonly input: JsonValue;
}

/** Runs of all sources, kept for 7 days, for longer than their source if it is removed. TransientError when Redis is out of reach. */
export interface Runs {
  /** Starts a run, or gives the one of its slot that is running, whatever its input. */
  readonly start: (source: string, run: RunStart) => Promise<{ readonly run: Run; readonly isNew: boolean }>;
  readonly get: (source: string, id: string) => Promise<Run | null>;
  readonly running: (source: string, slot: string) => Promise<Run | null>;
  /**
   * Says that a running run is alive, at least each 30 s (else it shows as failed, code `ABANDONED`), with what it found so far; whether
   * it is still running.
   */
  readonly update: (source: string, id: string, result: JsonValue) => Promise<boolean>;
  readonly finish: (source: string, id: string, state: "done" | "failed", result: JsonValue) => Promise<void>;
}

const KEEP_MS = 7 * 86_400_000;
const ALIVE_MS = 30_000;

/** KEYS alive, run · ARGV id, kind, input, started ms, ms alive, ms to keep, slot */
const START = `
local running = redis.call("GET", KEYS[1])
if running then return running end
redis.call("SET", KEYS[1], ARGV[1], "PX", ARGV[5])
redis.call("HSET", KEYS[2], "kind", ARGV[2], "input", ARGV[3], "startedMs", ARGV[4], "state", "running", "result", "null", "slot", ARGV[7])
redis.call("PEXPIRE", KEYS[2], ARGV[6])
return ARGV[1]`;

/** KEYS run · ARGV prefix of the alive keys, id, result, ms alive */
const UPDATE = `
if redis.call("HGET", KEYS[1], "state") ~= "running" then return 0 end
local alive = ARGV[1] .. redis.call("HGET", KEYS[1], "slot")
-- One that was silent for too long may have been replaced meanwhile.
if (redis.call("GET", alive) or ARGV[2]) ~= ARGV[2] then return 0 end
redis.call("HSET", KEYS[1], "result", ARGV[3])
redis.call("SET", alive, ARGV[2], "PX", ARGV[4])
return 1`;

/** KEYS run · ARGV prefix of the alive keys, id, result, state, finished ms */
const FINISH = `
if redis.call("HGET", KEYS[1], "state") ~= "running" then return 0 end
redis.call("HSET", KEYS[1], "result", ARGV[3], "state", ARGV[4], "finishedMs", ARGV[5])
local alive = ARGV[1] .. redis.call("HGET", KEYS[1], "slot")
if redis.call("GET", alive) == ARGV[2] then redis.call("DEL", alive) end
return 1`;

/** The run, and whether it is alive: read at once, or a run that ends between two reads seems abandoned. KEYS run · ARGV prefix of the alive keys, id */
const READ = `
local slot = redis.call("HGET", KEYS[1], "slot")
if not slot then return {{}, 0} end
local isAlive = redis.call("GET", ARGV[1] .. slot) == ARGV[2]
return {redis.call("HGETALL", KEYS[1]), isAlive and 1 or 0}`;

const stored = z.object({
  kind: z.string(),
  state: z.enum(["running", "done", "failed"]),
  startedMs: z.coerce.number(),
  finishedMs: z.coerce.number().optional(),
  input: z.string(),
  result: z.string(),
});

const ABANDONED = {
  error: { code: "ABANDONED", message: "The process that did this ended before it was done.", hint: "Start it again." },
};

/** Runs, shared by all processes. */
export function createRuns({ connection: { client } }: { readonly connection: RedisConnection }): Runs {
  // Not under the source's own prefix: who waits for a run hears of its end although the source was removed meanwhile.
  const runKey = (source: string, id: string) => sharedKey(`runs:${source}`, "run", id);
  const aliveKey = (source: string, slot: string) => sharedKey(`runs:${source}`, "running", slot);

  async function get(source: string, id: string): Promise<Run | null> {
    const reply = await ask(client.eval(READ, 1, runKey(source, id), aliveKey(source, ""), id));
    const [flat, alive] = reply as readonly [readonly string[], number];
    if (flat.length === 0) return null;
    const fields = Object.fromEntries(flat.flatMap((name, at) => (at % 2 === 0 ? [[name, flat[at + 1]]] : [])));
    const { input, result, finishedMs = null, ...run } = stored.parse(fields);
    const known: Run = { ...run, id, source, finishedMs, input: JSON.parse(input), result: JSON.parse(result) };
    if (known.state !== "running" || alive === 1) return known;
    return { ...known, state: "failed", result: ABANDONED };
  }

  return {
    get,
    async start(source, { kind, slot = kind, input }) {
      const id = ulid();
      const keys = [aliveKey(source, slot), runKey(source, id)];
      const values = [id, kind, JSON.stringify(input), Date.now(), ALIVE_MS, KEEP_MS, slot];
      const running = String(await ask(client.eval(START, 2, ...keys, ...values)));
      const run = await get(source, running);
      if (run === null) throw new Error(`The run ${running} of ${source} vanished`);
      return { run, isNew: running === id };
    },
    async running(source, slot) {
      const id = await ask(client.get(aliveKey(source, slot)));
      return id === null ? null : get(source, id);
    },
    async update(source, id, result) {
      const values = [aliveKey(source, ""), id, JSON.stringify(result), ALIVE_MS];
      return (await ask(client.eval(UPDATE, 1, runKey(source, id), ...values))) === 1;
    },
    async finish(source, id, state, result) {
      const values = [aliveKey(source, ""), id, JSON.stringify(result), state, Date.now()];
      await ask(client.eval(FINISH, 1, runKey(source, id), ...values));
    },
  };
}
