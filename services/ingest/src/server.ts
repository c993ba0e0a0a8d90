import { createServer } from "node:http";
import type { RequestListener, Server } from "node:http";
import { answerUnreadable, listen as listenOn } from "@deskmirror/runtime";
import type { Listener } from "@deskmirror/runtime";
import { refusals, toBody } from "./answer.ts";

const READ_MS = 5_000;
/** Longer than a proxy keeps an idle connection, so that it is the proxy who ends it, never in the middle of a request. */
const KEEP_ALIVE_MS = 75_000;

/** The server of the public port: who does not send a whole request within 5 s gets 408. */
export function createPublicServer(app: RequestListener): Server {
  const server = createServer(
    {
      headersTimeout: READ_MS,
      requestTimeout: READ_MS,
      connectionsCheckingInterval: 500,
      keepAliveTimeout: KEEP_ALIVE_MS,
    },
    app,
  );
  return answerUnreadable(server, { malformed: toBody(refusals.malformed), tooSlow: toBody(refusals.tooSlow) });
}

/** Listens; a `host` of null is every address. ConfigError when the port cannot be had. */
export function listen(server: Server, port: number, host: string | null): Promise<Listener> {
  return listenOn(server, { port, host, variables: "INGEST_PORT, INGEST_OPS_PORT and BIND_HOST" });
}
