import type { Transport } from "./transport.ts";

/** A transport that knows how long its requests take. */
export interface MeasuredTransport {
  readonly transport: Transport;
  /** How long a request took lately, in ms; 200 before the first. */
  readonly latencyMs: () => number;
}

const ASSUMED_MS = 200;

/** The newest request counts this much, all before it the rest: some thirty of them decide. */
const SHARE_OF_NEWEST = 1 / 16;

/** Measures a transport. */
export function measureLatency(inner: Transport): MeasuredTransport {
  let meanMs: number | null = null;
  return {
    latencyMs: () => meanMs ?? ASSUMED_MS,
    async transport(send) {
      const reply = await inner(send);
      meanMs = meanMs === null ? reply.durationMs : meanMs + (reply.durationMs - meanMs) * SHARE_OF_NEWEST;
      return reply;
    },
  };
}
