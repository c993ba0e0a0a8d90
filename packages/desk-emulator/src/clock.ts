/** The emulator's clock: every time it writes, every lifetime and every window is measured on it. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Moves the clock forward by `ms`. */
  advance(ms: number): void;
}

/** A clock that runs with `source` (default: the machine's) and can be moved forward. */
export function createClock(source: () => number = Date.now): Clock {
  let offsetMs = 0;
  return {
    now: () => source() + offsetMs,
    advance(ms) {
      if (!(ms >= 0)) throw new RangeError("the clock only moves forward: pass a number of milliseconds from 0 up");
      offsetMs += ms;
    },
  };
}
