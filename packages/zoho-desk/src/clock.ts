/** Zoho's clock as far as its answers tell. */
export interface SourceClock {
  /** An answer came now and carried this `Date` (ms). */
  observe(dateMs: number): void;
  /** Zoho's time now, in ms, never later than it really is there; 0 before the first answer. */
  now(): number;
}

const forgetAfterMs = 600_000;

/**
 * Tracks how far Zoho's clock is from ours. `Date` is cut to the second and older than its arrival, so the largest distance seen
 * lately is the best bound from below. `monotonicMs` counts our own time and never jumps.
 */
export function createSourceClock(monotonicMs: () => number): SourceClock {
  let distanceMs: number | null = null;
  let seenMs = 0;
  return {
    observe(dateMs) {
      const at = monotonicMs();
      const seen = dateMs - at;
      if (distanceMs !== null && seen < distanceMs && at - seenMs < forgetAfterMs) return;
      distanceMs = seen;
      seenMs = at;
    },
    now: () => (distanceMs === null ? 0 : Math.floor(monotonicMs() + distanceMs)),
  };
}
