import { TransientError } from "@deskmirror/model";
import { sleep } from "./loop.ts";

/** What `keepTrying` tries. */
export interface Tried<T> {
  readonly run: () => Promise<T>;
  readonly signal: AbortSignal;
  /** The longest pause between two tries. */
  readonly capMs: number;
  /** Told of each try that failed and of the pause before the next. */
  readonly onFailure: (error: TransientError, waitMs: number) => void;
}

const BASE_MS = 250;

/**
 * What `run` gives, tried again for as long as it throws a TransientError: pauses double up to the cap, half of each by chance.
 * Rejects with any other error, and when the signal is aborted.
 */
export async function keepTrying<T>({ run, signal, capMs, onFailure }: Tried<T>): Promise<T> {
  for (let mostMs = BASE_MS; ; mostMs *= 2) {
    signal.throwIfAborted();
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof TransientError) || signal.aborted) throw error;
      const waitMs = Math.round(Math.min(mostMs, capMs) * (0.5 + Math.random() / 2));
      onFailure(error, waitMs);
      await sleep(waitMs, signal);
    }
  }
}
