import type { Server } from "node:http";

/** Bodies, JSON texts, for what never becomes a request that an app sees. */
export interface UnreadableBodies {
  /** With 400: it is no HTTP. */
  readonly malformed: string;
  /** With 408: it did not come whole in time. */
  readonly tooSlow: string;
}

/** Lets a server answer with these bodies where Node's own answers would have none; gives the server. */
export function answerUnreadable(server: Server, bodies: UnreadableBodies): Server {
  const malformed = toAnswer("400 Bad Request", bodies.malformed);
  const tooSlow = toAnswer("408 Request Timeout", bodies.tooSlow);
  return server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    if (!socket.writable || error.code === "ECONNRESET") socket.destroy();
    else socket.end(error.code === "ERR_HTTP_REQUEST_TIMEOUT" ? tooSlow : malformed);
  });
}

function toAnswer(status: string, body: string): string {
  const headers = [
    "Connection: close",
    "Content-Type: application/json; charset=utf-8",
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  return [`HTTP/1.1 ${status}`, ...headers, "", body].join("\r\n");
}
