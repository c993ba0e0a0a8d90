import type { IncomingMessage } from "node:http";

/** What came of reading a body. */
export type Body =
  | { readonly kind: "whole"; readonly text: string }
  /** More bytes than allowed; the rest was not read. */
  | { readonly kind: "too-large" }
  /** The connection ended before the body did: cut off by the other side, or too slow for the server. */
  | { readonly kind: "cut-off" };

/** Reads a body as UTF-8 and stops at the first byte over the limit, whether its length was said before or not. */
export function readBody(req: IncomingMessage, limitBytes: number): Promise<Body> {
  return new Promise((resolve) => {
    if (Number(req.headers["content-length"] ?? 0) > limitBytes) {
      resolve({ kind: "too-large" });
      return;
    }
    const chunks: Buffer[] = [];
    let bytes = 0;
    req.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes <= limitBytes) return;
      req.pause();
      resolve({ kind: "too-large" });
    });
    req.once("end", () => resolve({ kind: "whole", text: toText(chunks) }));
    req.once("close", () => resolve({ kind: "cut-off" }));
    req.once("error", () => resolve({ kind: "cut-off" }));
  });
}

function toText(chunks: readonly Buffer[]): string {
  const text = chunks.length === 1 ? chunks[0]!.toString() : Buffer.concat(chunks).toString();
  return text.startsWith("\uFEFF") ? text.slice(1) : text;
}
