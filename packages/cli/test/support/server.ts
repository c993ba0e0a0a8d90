import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** What a server says: status and text, 200 for a text alone; null breaks the connection. */
export type Said =
  | string
  | { readonly status: number; readonly text: string; readonly headers?: Record<string, string> }
  | null;

/** What it was asked. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

/** A server that answers as told, for as long as `use` runs; gives what it was asked. */
export async function withServer(
  answer: (asked: Asked) => Said,
  use: (url: string) => Promise<void>,
): Promise<readonly Asked[]> {
  const all: Asked[] = [];
  const server = createServer((req, res) => {
    void read(req).then((asked) => {
      all.push(asked);
      const said = answer(asked);
      if (said === null) return req.socket.destroy();
      const { status, text: body, headers = {} } = typeof said === "string" ? { status: 200, text: said } : said;
      return res.writeHead(status, headers).end(body);
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    return all;
  } finally {
    server.close().closeAllConnections();
  }
}

async function read(req: IncomingMessage): Promise<Asked> {
  return { method: req.method ?? "", path: req.url ?? "", body: await text(req) };
}
