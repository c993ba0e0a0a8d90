import { connect } from "node:net";
import { once } from "node:events";

/** What sending came to. */
export interface Load {
  readonly seconds: number;
  /** Answers other than 200. */
  readonly refused: number;
}

/** A POST as it goes over the wire. */
export function toRequest({ url, body, token }: { url: string; body: string; token?: string }): Buffer {
  const { pathname, host } = new URL(url);
  const signature = token === undefined ? "" : `X-ZDesk-JWT: ${token}\r\n`;
  const head = `POST ${pathname} HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: ZohoDesk\r\nContent-Type: application/json\r\n`;
  return Buffer.from(`${head}${signature}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

/**
 * Sends requests over kept-alive connections, each of which waits for its answer before the next. Plain sockets, since an HTTP
 * client would cost more than the server it measures.
 */
export async function sendAll(url: string, requests: readonly Buffer[], connections: number): Promise<Load> {
  const port = Number(new URL(url).port);
  const queue = requests.values();
  const startedMs = performance.now();
  const refused = await Promise.all(Array.from({ length: connections }, () => sendOver(port, queue)));
  return {
    seconds: (performance.now() - startedMs) / 1_000,
    refused: refused.reduce((sum, count) => sum + count, 0),
  };
}

async function sendOver(port: number, queue: Iterator<Buffer>): Promise<number> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let answer = "";
  let refused = 0;
  const next = (): void => {
    const { value, done } = queue.next();
    if (done === true) resolve();
    else socket.write(value);
  };
  socket.setEncoding("latin1").on("data", (chunk: string) => {
    answer += chunk;
    const status = readStatus(answer);
    if (status === null) return;
    if (status !== 200) refused += 1;
    answer = "";
    next();
  });
  socket.once("error", reject);
  socket.once("close", () => reject(new Error("the server closed a connection")));
  next();
  await promise;
  socket.removeAllListeners("close").destroy();
  return refused;
}

/** Status of a whole answer; null while more is to come. */
function readStatus(answer: string): number | null {
  const end = answer.indexOf("\r\n\r\n");
  if (end === -1) return null;
  const length = /\r\ncontent-length: *(\d+)/i.exec(answer.slice(0, end));
  const isWhole = length === null ? answer.endsWith("\r\n0\r\n\r\n") : answer.length >= end + 4 + Number(length[1]);
  return isWhole ? Number(answer.slice(9, 12)) : null;
}
