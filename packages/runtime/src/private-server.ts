import { createServer } from "node:http";
import type { RequestListener, Server } from "node:http";
import { answerUnreadable } from "./answer-unreadable.ts";

/** The server of a private port: what is no HTTP, or does not come whole within 10 s, is refused in the shape of every other error. */
export function createPrivateServer(app: RequestListener): Server {
  const server = createServer({ requestTimeout: 10_000, connectionsCheckingInterval: 1_000 }, app);
  return answerUnreadable(server, {
    malformed: toBody("MALFORMED", "This is no HTTP request.", "Send HTTP/1.1, with less than 16 KiB of headers."),
    tooSlow: toBody("TOO_SLOW", "The request did not come whole within 10 seconds.", "Send it again."),
  });
}

function toBody(code: string, message: string, hint: string): string {
  return JSON.stringify({ error: { code, message, hint } });
}
