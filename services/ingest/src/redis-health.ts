import { toError } from "@deskmirror/model";
import type { RedisConnection } from "@deskmirror/redis";
import type { Checks } from "@deskmirror/runtime";

/** Whether Redis takes groups: `away` gives no answer, `full` is near its memory's end, `unsafe` would lose what it takes. */
export type RedisState = "well" | "away" | "full" | "unsafe";

/** What is known of Redis now. */
export interface RedisHealth {
  readonly state: () => RedisState;
  /** Looks at Redis: the only way back to `well`. */
  probe(): Promise<void>;
  /** A group was not taken: nothing more is sent until a probe finds Redis well. */
  failed(): void;
  /** For readiness. */
  readonly checks: Checks;
}

/** What makes Redis well. */
export interface RedisHealthOptions {
  readonly connection: Pick<RedisConnection, "checkSafety" | "memory">;
  readonly allowUnsafe: boolean;
  /** Taken as its memory's end when Redis has no `maxmemory`. */
  readonly queueLimitBytes: number;
  /** Told of each change of state. */
  readonly onChange: (state: RedisState, message: string) => void;
}

/** A full Redis can never be emptied, since moving a job needs memory too: the queue must never fill it. */
const FULL_ABOVE = 0.75;
const WELL_BELOW = 0.6;

/** Away until the first probe. */
export function createRedisHealth(options: RedisHealthOptions): RedisHealth {
  let state: RedisState = "away";
  let message = "not looked at yet";

  function become(next: RedisState, why: string): void {
    const changed = next !== state;
    state = next;
    message = why;
    if (changed) options.onChange(state, message);
  }

  async function look(): Promise<readonly [RedisState, string]> {
    const [unsafe, memory] = await Promise.all([options.connection.checkSafety(), options.connection.memory()]);
    if (unsafe !== null && !options.allowUnsafe) return ["unsafe", unsafe];
    const share = memory.usedBytes / (memory.maxBytes ?? options.queueLimitBytes);
    const used = `${Math.round(share * 100)} % of its memory is used`;
    return share > (state === "full" ? WELL_BELOW : FULL_ABOVE)
      ? ["full", `${used}: see that sync runs`]
      : ["well", used];
  }

  return {
    state: () => state,
    async probe() {
      try {
        become(...(await look()));
      } catch (error) {
        become("away", toError(error).message);
      }
    },
    failed: () => become("away", "did not take a group; looked at again within a second"),
    checks: {
      redis: () => ({ ok: state === "well" || state === "unsafe", message }),
      redisSafety: () => ({ ok: state !== "unsafe", message: state === "unsafe" ? message : "keeps what it is given" }),
    },
  };
}
