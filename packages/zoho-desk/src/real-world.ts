import { setTimeout } from "node:timers/promises";
import { createTransport } from "./http/transport.ts";
import type { Transport } from "./http/transport.ts";

/** What a source has of the world beside what is kept: the network, the clock, and chance. */
export interface World {
  readonly transport: Transport;
  /** This machine's clock, in ms. */
  readonly now: () => number;
  /** Our own time in ms, which never jumps; only differences mean anything. */
  readonly monotonicMs: () => number;
  /** Waits; rejects with an AbortError when the signal is aborted. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** In [0, 1). */
  readonly random: () => number;
}

/** HTTP over kept-alive connections, the machine's clocks, and Math.random. */
export function createRealWorld(): World {
  return {
    transport: createTransport(),
    now: Date.now,
    monotonicMs: () => performance.timeOrigin + performance.now(),
    sleep: async (ms, signal) => setTimeout(ms, undefined, signal === undefined ? {} : { signal }),
    random: Math.random,
  };
}
