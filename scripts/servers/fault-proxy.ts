import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { Socket } from "node:net";

/** A TCP proxy whose network can be broken. */
export interface FaultProxy {
  /** The target's URL with the proxy's own address. */
  readonly url: string;
  /** Ends all connections and refuses new ones. */
  cut(): void;
  /** Keeps connections, and accepts new ones, but lets nothing through. */
  freeze(): void;
  /** Delays each chunk in each direction. */
  delay(ms: number): void;
  /** Lets everything through again; what was held while frozen goes first. */
  restore(): void;
  close(): Promise<void>;
}

type Mode = "open" | "cut" | "frozen";

/** Stands before a server on 127.0.0.1 (Redis, PostgreSQL, HTTP), named by its URL. */
export async function createFaultProxy(targetUrl: string): Promise<FaultProxy> {
  const target = new URL(targetUrl);
  let mode: Mode = "open";
  let delayMs = 0;
  const pairs = new Set<readonly [Socket, Socket]>();
  const held: (() => void)[] = [];

  function pipe(from: Socket, to: Socket): void {
    const delayed: (Buffer | string)[] = [];
    from.on("data", (chunk) => {
      function pass(): void {
        if (delayMs === 0 && delayed.length === 0) {
          to.write(chunk);
          return;
        }
        // Whichever timer ends first sends what came first: a delay that ends must not change the order.
        delayed.push(chunk);
        setTimeout(() => to.write(delayed.shift()!), delayMs);
      }
      if (mode === "frozen") held.push(pass);
      else pass();
    });
    from.on("error", () => {});
    from.on("close", () => setTimeout(() => to.destroy(), delayMs));
  }

  const server = createServer((inner) => {
    if (mode === "cut") {
      inner.destroy();
      return;
    }
    const outer = connect(Number(target.port), target.hostname);
    const pair = [inner, outer] as const;
    pairs.add(pair);
    inner.on("close", () => pairs.delete(pair));
    pipe(inner, outer);
    pipe(outer, inner);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no TCP address");
  const url = new URL(targetUrl);
  url.host = `127.0.0.1:${address.port}`;

  function drop(): void {
    for (const pair of pairs) for (const socket of pair) socket.destroy();
    held.length = 0;
  }

  return {
    url: url.href,
    cut() {
      mode = "cut";
      drop();
    },
    freeze() {
      mode = "frozen";
    },
    delay(ms) {
      delayMs = ms;
    },
    restore() {
      mode = "open";
      delayMs = 0;
      for (const pass of held.splice(0)) pass();
    },
    async close() {
      drop();
      server.close();
      await once(server, "close");
    },
  };
}
