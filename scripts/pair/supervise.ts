import { setTimeout as sleep } from "node:timers/promises";
import type { Running } from "./running.ts";
import { startProgram } from "./running.ts";

/** A program that is started again when it ends by itself. */
export interface Supervised {
  /** Ends it for good, drained. */
  stop(): Promise<void>;
  kill(): void;
}

const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 30_000;
/** Who ran this long is well again: its next crash is a first one. */
const WELL_AFTER_MS = 60_000;

/** How long to wait before the next start after this many crashes in a row. */
export function restartDelayMs(crashes: number): number {
  return Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (crashes - 1));
}

/** Watches over a running program. `say` is told of each crash. */
export function supervise(first: Running, say: (line: string) => void): Supervised {
  const stopping = new AbortController();
  let running = first;

  async function watch(): Promise<void> {
    for (let crashes = 0; ;) {
      const startedMs = performance.now();
      const how = await running.ended;
      if (stopping.signal.aborted) return;
      crashes = performance.now() - startedMs > WELL_AFTER_MS ? 1 : crashes + 1;
      const delayMs = restartDelayMs(crashes);
      say(`${first.program.name} ended (${how}); it starts again in ${delayMs / 1_000} s.`);
      await sleep(delayMs, null, { signal: stopping.signal }).catch(() => {});
      if (stopping.signal.aborted) return;
      running = startProgram(first.program);
    }
  }

  const watching = watch();
  return {
    kill: () => running.kill(),
    async stop() {
      stopping.abort();
      await running.stop();
      await watching;
    },
  };
}
