/** Sends of one request, the first included. */
export const MAX_ATTEMPTS = 4;

const baseMs = 300;
const capMs = 20_000;

/**
 * How long to wait before the next send, in ms; null when no further send is worth it: the attempts are used up, or the server
 * wants a longer wait than we hold a request for. The server's minimum is the floor, our cap the ceiling, full jitter between.
 * `attempt` counts the sends so far, `random` is in [0, 1).
 */
export function retryDelayMs(retry: {
  readonly attempt: number;
  readonly serverMinimumMs: number | null;
  readonly random: number;
}): number | null {
  const floor = retry.serverMinimumMs ?? 0;
  if (retry.attempt >= MAX_ATTEMPTS || floor > capMs) return null;
  const ceiling = Math.max(floor, Math.min(capMs, baseMs * 2 ** retry.attempt));
  return Math.round(floor + retry.random * (ceiling - floor));
}

/** Reads `Retry-After`: seconds (Zoho Desk API, rate limits) or an HTTP date; null when absent or unreadable. */
export function parseRetryAfterMs(header: string | undefined, nowMs: number): number | null {
  if (header === undefined || header.trim() === "") return null;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return seconds < 0 ? null : Math.ceil(seconds * 1000);
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, date - nowMs);
}
