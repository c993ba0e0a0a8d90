import { setTimeout as sleep } from "node:timers/promises";
import { createVirtualTime } from "./virtual-time.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** How many times as fast time goes in a history as on the servers it runs on. */
const SPEED = 10;

const STEP_MS = 50;

/** The longest anybody holds anything on a server without saying again that he does: a lease on a token. */
const LONGEST_HOLD_MS = 30_000;

/** So much time of a history as servers see it, in whole ms. */
export function toServersMs(ms: number): number {
  return Math.ceil(ms / SPEED);
}

/** So much of the servers' time as a history sees it, in ms. */
export function toHistoryMs(ms: number): number {
  return ms * SPEED;
}

/**
 * Virtual time that servers with a clock of their own can follow. Between its steps there is real time for what is on its way; a server
 * cannot leap, so a leap gives it the time it needs for what nobody holds any more.
 */
export function createPacedTime(startMs: number): VirtualTime {
  const time = createVirtualTime(startMs);
  return {
    ...time,
    async advance(ms) {
      for (let left = ms; left > 0; left -= STEP_MS) {
        const stepMs = Math.min(left, STEP_MS);
        await sleep(toServersMs(stepMs));
        await time.advance(stepMs);
      }
    },
    async leap(ms) {
      await time.leap(ms);
      await sleep(toServersMs(Math.min(ms, LONGEST_HOLD_MS)));
    },
  };
}
