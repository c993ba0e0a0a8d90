/** Delays of the next try. */
export interface BackoffOptions {
  /** How often it was tried, from 1. */
  readonly tries: number;
  readonly baseMs: number;
  readonly capMs: number;
  /** 0 to 1; `Math.random` outside of tests. */
  readonly random?: () => number;
}

/** Full jitter: anything between 0 and the capped exponential delay, so that what failed together does not return together. */
export function backoffMs({ tries, baseMs, capMs, random = Math.random }: BackoffOptions): number {
  return Math.round(random() * Math.min(capMs, baseMs * 2 ** Math.min(tries - 1, 30)));
}
