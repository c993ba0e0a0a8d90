import type { Redis } from "ioredis";

/** Channels heard over one connection, which is opened with the first of them. */
export interface Subscriptions {
  /** Hears a channel until the function it gives is called. */
  readonly subscribe: (channel: string, listener: (message: string) => void) => () => void;
}

/** `open` gives a client that queues commands while Redis is away; ioredis subscribes again after each reconnect. */
export function createSubscriptions(open: () => Redis): Subscriptions {
  const listeners = new Map<string, Set<(message: string) => void>>();
  let client: Redis | null = null;

  function connect(): Redis {
    const opened = open();
    opened.on("message", (channel: string, message: string) => {
      for (const listener of listeners.get(channel) ?? []) listener(message);
    });
    return opened;
  }

  // A refused or unsent command leaves us without messages, which may be lost at any time anyway; errors are logged by the client.
  const ignore = () => {};

  return {
    subscribe(channel, listener) {
      client ??= connect();
      const heard = listeners.get(channel) ?? new Set();
      if (heard.size === 0) client.subscribe(channel).catch(ignore);
      listeners.set(channel, heard.add(listener));
      return () => {
        heard.delete(listener);
        if (heard.size > 0) return;
        listeners.delete(channel);
        client?.unsubscribe(channel).catch(ignore);
      };
    },
  };
}
