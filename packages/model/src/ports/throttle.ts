import type { Purpose } from "./source.ts";

/** What an answer said of the day's credits. */
export interface Usage {
  /** Credits this call cost; null when the answer did not say. */
  readonly weight: number | null;
  /** Credits left today; null when the answer did not say. */
  readonly remaining: number | null;
  /** `day`: the day's credits are used up until `retryAfterMs`; `concurrency`: too many calls at once; null: neither. */
  readonly refused: "day" | "concurrency" | null;
  readonly retryAfterMs: number | null;
}

/**
 * Concurrency and credits of one organization, shared by all processes (docs/invariants.md, I9).
 * `run` waits for a place, most urgent purpose first, sends, and records the usage that `send` gives back.
 * CreditsError when the reserve is reached.
 */
export interface Throttle {
  run<T>(
    purpose: Purpose,
    signal: AbortSignal,
    send: () => Promise<{ readonly value: T; readonly usage: Usage }>,
  ): Promise<T>;
}

/** The day's credits as known now. */
export interface Credits {
  readonly limit: number | null;
  readonly remaining: number | null;
  readonly reserve: number;
  readonly spentToday: Readonly<Record<Purpose, number>>;
  /** Until when nothing is sent, in ms; null when requests may go. */
  readonly waitUntilMs: number | null;
}
