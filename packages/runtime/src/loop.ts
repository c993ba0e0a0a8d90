import { setTimeout as wait } from "node:timers/promises";
import { TransientError, toError } from "@deskmirror/model";

/** Waits; rejects with an AbortError as soon as the signal is aborted. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  await wait(ms, undefined, signal === undefined ? {} : { signal });
}

/** What the promise gives, or a TransientError with the given message when it takes longer; it may still come to its end. */
export function within<T>(timeoutMs: number, promise: Promise<T>, message: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(new TransientError(message, { code: "TIMEOUT" }));
    // After a stall of this process timers come first, though the answer may have been there in time: hear it before giving up.
    const timer = setTimeout(() => setImmediate(giveUp), timeoutMs);
    const settle = (end: () => void) => {
      clearTimeout(timer);
      end();
    };
    promise.then(
      (value) => settle(() => resolve(value)),
      (error: unknown) => settle(() => reject(toError(error))),
    );
  });
}

/** Time as a program lives it; tests bring their own. */
export interface Time {
  /** In ms since 1970. */
  readonly now: () => number;
  /** Waits; rejects with an AbortError as soon as the signal is aborted. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/** The machine's. */
export const realTime: Time = { now: Date.now, sleep };

/** What `runEvery` runs. */
export interface Loop {
  /** From the end of one run to the start of the next. */
  readonly intervalMs: number;
  readonly signal: AbortSignal;
  readonly run: () => Promise<void> | void;
  /** Told of what a run throws; the loop goes on. */
  readonly onError: (error: Error) => void;
  /** Left out: the machine's. */
  readonly time?: Time;
}

/** Runs at once and then at the interval, one run at a time; ends when the signal is aborted and the last run is over. */
export async function runEvery(loop: Loop): Promise<void> {
  const { sleep: rest } = loop.time ?? realTime;
  while (!loop.signal.aborted) {
    try {
      await loop.run();
    } catch (error) {
      if (!loop.signal.aborted) loop.onError(toError(error));
    }
    await rest(loop.intervalMs, loop.signal).catch(() => {});
  }
}
