import { createServer, type IncomingHttpHeaders } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { after } from "node:test";
import type { Row } from "../../src/index.ts";

/** One request a callback got. */
export interface Received {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** An event as Zoho Desk sends it. */
export interface ReceivedEvent {
  readonly eventType: string;
  readonly eventTime: string;
  readonly orgId: string;
  readonly payload: Row;
  readonly prevState?: Row;
}

/** A callback under test control. */
export interface Receiver {
  readonly url: string;
  readonly requests: Received[];
  /** Decides the status of an answer, and how late it comes; default 200 at once. */
  answer: (request: Received, index: number) => { status: number; afterMs?: number };
  /** Deliveries: POSTs with a JWT. */
  deliveries(): Received[];
  events(): ReceivedEvent[];
}

/** Starts a callback, stopped when the file's tests are done. */
export async function startReceiver(): Promise<Receiver> {
  const requests: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const received = {
        method: request.method ?? "",
        headers: request.headers,
        text: Buffer.concat(chunks).toString(),
      };
      requests.push(received);
      const { status, afterMs = 0 } = receiver.answer(received, requests.length - 1);
      setTimeout(() => response.writeHead(status).end(), afterMs);
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === "object" ? (address?.port ?? 0) : 0;
  const receiver: Receiver = {
    url: `http://127.0.0.1:${port}/hook`,
    requests,
    answer: () => ({ status: 200 }),
    deliveries: () =>
      requests.filter((request) => request.method === "POST" && request.headers["x-zdesk-jwt"] !== undefined),
    events: () => receiver.deliveries().flatMap((request) => JSON.parse(request.text) as ReceivedEvent[]),
  };
  return receiver;
}

/** Waits until a condition holds; fails after two seconds. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  for (let waited = 0; waited < 2000; waited += 10) {
    if (condition()) return;
    await sleep(10);
  }
  throw new Error(`waited two seconds in vain for ${what}`);
}
