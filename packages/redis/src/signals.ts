import { z } from "zod";
import { ask } from "./ask.ts";
import type { RedisConnection } from "./connection.ts";
import { sharedKey } from "./keys.ts";

/** A short message to all sync processes. It may be lost, so it only hastens what would happen anyway. */
export interface Signal {
  readonly source: string;
  readonly kind: string;
}

/** The channel all sync processes hear. */
export interface Signals {
  /** TransientError when Redis is out of reach. */
  readonly publish: (signal: Signal) => Promise<void>;
  /** Calls back for each signal, one's own too, until the function it gives is called. */
  readonly subscribe: (listener: (signal: Signal) => void) => () => void;
}

const signalSchema = z.object({ source: z.string(), kind: z.string() });

/** Signals over Redis. */
export function createSignals({ connection }: { readonly connection: RedisConnection }): Signals {
  const channel = sharedKey("signals");
  return {
    async publish(signal) {
      await ask(connection.client.publish(channel, JSON.stringify(signal)));
    },
    subscribe: (listener) =>
      connection.subscribe(channel, { onMessage: (message) => listener(signalSchema.parse(JSON.parse(message))) }),
  };
}
