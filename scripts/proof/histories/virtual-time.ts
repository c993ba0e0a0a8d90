import type { Time } from "@deskmirror/runtime";

/** Time that goes on only when it is told to, and then runs everything that waits for it, in order. */
export interface VirtualTime extends Time {
  /** Goes on by so much, as if nothing took any time. */
  advance(ms: number): Promise<void>;
  /** Jumps: what waited for a moment in between finds itself late, as on a machine that slept. */
  leap(ms: number): Promise<void>;
}

interface Timer {
  readonly atMs: number;
  readonly order: number;
  fire(): void;
}

/** A clock that starts at `startMs`. */
export function createVirtualTime(startMs: number): VirtualTime {
  let nowMs = startMs;
  let order = 0;
  const timers: Timer[] = [];

  function add(timer: Timer): void {
    timers.push(timer);
    for (let at = timers.length - 1; at > 0;) {
      const parent = (at - 1) >> 1;
      if (!isBefore(timers[at]!, timers[parent]!)) return;
      swap(timers, at, parent);
      at = parent;
    }
  }

  function takeDue(untilMs: number): Timer | undefined {
    const [first] = timers;
    if (first === undefined || first.atMs > untilMs) return undefined;
    const last = timers.pop()!;
    if (timers.length === 0) return first;
    timers[0] = last;
    for (let at = 0; ;) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      let least = at;
      if (left < timers.length && isBefore(timers[left]!, timers[least]!)) least = left;
      if (right < timers.length && isBefore(timers[right]!, timers[least]!)) least = right;
      if (least === at) return first;
      swap(timers, at, least);
      at = least;
    }
  }

  async function runUntil(endMs: number): Promise<void> {
    await breathe();
    for (let timer = takeDue(endMs); timer !== undefined; timer = takeDue(endMs)) {
      nowMs = Math.max(nowMs, timer.atMs);
      timer.fire();
      if (timers[0]?.atMs !== timer.atMs) await breathe();
    }
    nowMs = Math.max(nowMs, endMs);
  }

  return {
    now: () => nowMs,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const abort = (): void => reject(new DOMException("The wait was aborted", "AbortError"));
        if (signal?.aborted === true) return abort();
        signal?.addEventListener("abort", abort, { once: true });
        const fire = (): void => {
          signal?.removeEventListener("abort", abort);
          resolve();
        };
        add({ atMs: nowMs + Math.max(0, ms), order: (order += 1), fire });
      }),
    advance: (ms) => runUntil(nowMs + ms),
    async leap(ms) {
      nowMs += ms;
      await runUntil(nowMs);
    },
  };
}

/** Lets everything go on that waits for a promise only; a turn of the event loop, which looks for sockets too, takes much longer. */
function breathe(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}

function isBefore(left: Timer, right: Timer): boolean {
  return left.atMs < right.atMs || (left.atMs === right.atMs && left.order < right.order);
}

function swap(timers: Timer[], left: number, right: number): void {
  [timers[left], timers[right]] = [timers[right]!, timers[left]!];
}
