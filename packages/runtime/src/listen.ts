import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ConfigError } from "@deskmirror/model";

/** A listener that can be ended. */
export interface Listener {
  readonly port: number;
  /** Takes no more connections; resolves when every request under way is answered. */
  close(): Promise<void>;
}

/** Where to listen. */
export interface ListenOptions {
  readonly port: number;
  /** Null is every address. */
  readonly host: string | null;
  /** Names of the variables that a person changes when the port cannot be had. */
  readonly variables: string;
}

/** Listens. ConfigError, which names the variables, when the port cannot be had. */
export async function listen(server: Server, { port, host, variables }: ListenOptions): Promise<Listener> {
  server.listen(host === null ? { port } : { port, host });
  await once(server, "listening").catch((cause: NodeJS.ErrnoException) => {
    throw new ConfigError(`cannot listen (${cause.message}): see ${variables}`, { cause });
  });
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = once(server, "close");
      server.close();
      const idle = setInterval(() => server.closeIdleConnections(), 50);
      await closed;
      clearInterval(idle);
    },
  };
}
