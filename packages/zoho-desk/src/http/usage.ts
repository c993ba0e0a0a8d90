import type { Usage } from "@deskmirror/model";
import { toCount } from "../values.ts";
import { parseRetryAfterMs } from "./retry-timing.ts";
import type { Reply } from "./transport.ts";

/**
 * What an answer says of the day's credits (Zoho Desk API, rate limits): 429 with `Retry-After` or THRESHOLD_EXCEEDED means the
 * day is used up, 429 without means too many calls at once.
 */
export function toUsage(reply: Reply, nowMs: number): Usage {
  const retryAfterMs = parseRetryAfterMs(header(reply, "retry-after"), nowMs);
  const isDay = retryAfterMs !== null || reply.text.includes('"THRESHOLD_EXCEEDED"');
  return {
    weight: toCount(header(reply, "x-rate-limit-request-weight-v3")),
    remaining: toCount(header(reply, "x-rate-limit-remaining-v3")),
    refused: reply.status === 429 ? (isDay ? "day" : "concurrency") : null,
    retryAfterMs,
  };
}

/** A header's value; the first where it came twice. */
export function header(reply: Reply, name: string): string | undefined {
  const value = reply.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
