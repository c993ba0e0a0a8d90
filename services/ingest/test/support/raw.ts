import { once } from "node:events";
import { connect } from "node:net";
import { sleep } from "@deskmirror/runtime";

/** What came back over a raw connection until it was closed. */
export interface RawAnswer {
  readonly text: string;
  /** First status, 0 when there was none. */
  readonly status: number;
  readonly tookMs: number;
  /** Bytes the server took before it stopped reading. */
  readonly sentBytes: number;
}

/** Writes parts over a connection of its own, one each `pauseMs`, and reads until the server closes it or `giveUpMs` pass. */
export async function sendRaw(
  url: string,
  parts: Iterable<string | Buffer>,
  { pauseMs = 0, giveUpMs = 8_000 } = {},
): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  const startMs = performance.now();
  const socket = connect(Number(port), hostname);
  const closed = new AbortController();
  let text = "";
  socket.on("data", (chunk) => (text += chunk.toString()));
  socket.on("error", () => {});
  socket.on("close", () => closed.abort());
  await once(socket, "connect");
  for (const part of parts) {
    if (closed.signal.aborted || text !== "") break;
    if (!socket.write(part)) await Promise.race([once(socket, "drain"), once(socket, "close"), sleep(200)]);
    if (pauseMs > 0) await sleep(pauseMs);
  }
  await sleep(giveUpMs - (performance.now() - startMs), closed.signal).catch(() => {});
  socket.destroy();
  const tookMs = performance.now() - startMs;
  return { text, status: Number(/^HTTP\/1.1 (\d+)/.exec(text)?.[1] ?? 0), tookMs, sentBytes: socket.bytesWritten };
}
