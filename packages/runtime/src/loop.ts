import { setTimeout } from "node:timers/promises";
import { toError } from "@deskmirror/model";

/** Waits; rejects with an AbortError as soon as the signal is aborted. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, signal === undefined ? {} : { signal });
}

/** What `runEvery` runs. */
export interface Loop {
  /** From the end of one run to the start of the next. */
  readonly intervalMs: number;
  readonly signal: AbortSignal;
  readonly run: () => Promise<void> | void;
  /** Told of what a run throws; the loop goes on. */
  readonly onError: (error: Error) => void;
}

/** Runs at once and then at the interval, one run at a time; ends when the signal is aborted and the last run is over. */
export async function runEvery(loop: Loop): Promise<void> {
  while (!loop.signal.aborted) {
    try {
      await loop.run();
    } catch (error) {
      if (!loop.signal.aborted) loop.onError(toError(error));
    }
    await sleep(loop.intervalMs, loop.signal).catch(() => {});
  }
}
