import { createTransport } from "./transport.ts";

const transport = createTransport();

/** The status that a GET of one of our own URLs answers with: no redirect is followed. TransientError when no answer came in time. */
export async function probeUrl(
  url: string,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<number> {
  return (await transport({ method: "GET", url, timeoutMs, signal })).status;
}
