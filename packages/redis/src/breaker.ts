import { backoffMs } from "./backoff.ts";

/** `closed`: work flows; `open`: none is taken; `probing`: one at a time until it succeeds. */
export type BreakerState = "closed" | "open" | "probing";

/** Keeps a source's work from hammering a sink that is away. */
export interface Breaker {
  readonly state: BreakerState;
  succeed(): void;
  fail(): void;
  /** Stops the timer of an open breaker. */
  close(): void;
}

/** What a breaker is made of. */
export interface BreakerOptions {
  readonly onChange: (state: BreakerState) => void;
  readonly baseMs?: number;
  readonly capMs?: number;
}

/** A failure opens it, time makes it probe, a success closes it. */
export function createBreaker({ onChange, baseMs = 1_000, capMs = 15_000 }: BreakerOptions): Breaker {
  let state: BreakerState = "closed";
  let failures = 0;
  let timer: NodeJS.Timeout | undefined;

  function become(next: BreakerState): void {
    state = next;
    onChange(next);
  }

  return {
    get state() {
      return state;
    },
    succeed() {
      // Work begun before the breaker opened may still succeed; that proves nothing about now.
      if (state !== "probing") return;
      failures = 0;
      become("closed");
    },
    fail() {
      if (state === "open") return;
      failures += 1;
      timer = setTimeout(() => become("probing"), baseMs / 2 + backoffMs({ tries: failures, baseMs, capMs })).unref();
      become("open");
    },
    close: () => clearTimeout(timer),
  };
}
