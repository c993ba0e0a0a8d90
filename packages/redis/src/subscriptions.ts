import type { Redis } from "ioredis";

/** What hears a channel. */
export interface Subscriber {
  readonly onMessage: (message: string) => void;
  /** Called whenever messages are heard from now on, at first and after each loss of the connection: what was missed is to be asked for. */
  readonly onHeard?: () => void;
}

/** Channels heard over one connection, which is opened with the first of them. */
export interface Subscriptions {
  /** Hears a channel until the function it gives is called. */
  readonly subscribe: (channel: string, subscriber: Subscriber) => () => void;
}

/** `open` gives a client that does not subscribe again by itself. */
export function createSubscriptions(open: () => Redis): Subscriptions {
  const channels = new Map<string, Set<Subscriber>>();
  let client: Redis | null = null;

  function connect(): Redis {
    const opened = open();
    opened.on("message", (channel: string, message: string) => {
      for (const { onMessage } of channels.get(channel) ?? []) onMessage(message);
    });
    opened.on("ready", () => {
      for (const channel of channels.keys()) void hear(opened, channel);
    });
    return opened;
  }

  async function hear(from: Redis, channel: string): Promise<void> {
    try {
      await from.subscribe(channel);
      for (const { onHeard } of channels.get(channel) ?? []) onHeard?.();
    } catch {
      // The connection was lost on the way, which its client reports; it is tried again when it is back.
    }
  }

  return {
    subscribe(channel, subscriber) {
      client ??= connect();
      const subscribers = channels.get(channel) ?? new Set();
      channels.set(channel, subscribers.add(subscriber));
      if (client.status === "ready") void hear(client, channel);
      return () => {
        subscribers.delete(subscriber);
        if (subscribers.size > 0) return;
        channels.delete(channel);
        if (client?.status === "ready") client.unsubscribe(channel).catch(() => {});
      };
    },
  };
}
