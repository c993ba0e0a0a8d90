import type { ServerResponse } from "node:http";

/** What a request is answered: 200 with an empty body, or an error that says what to do. */
export type Answer = "ok" | Refusal;

/** An error as every answer of ours shapes it. */
export interface Refusal {
  readonly status: 400 | 401 | 404 | 408 | 410 | 413 | 503;
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

/** All refusals this port knows (contract section 3). */
export const refusals = {
  malformed: {
    status: 400,
    code: "MALFORMED",
    message: "This is no HTTP request.",
    hint: "Send HTTP/1.1.",
  },
  signatureMissing: {
    status: 401,
    code: "SIGNATURE_MISSING",
    message: "This source takes signed deliveries only: a JSON array of events, with an X-ZDesk-JWT.",
    hint: "Let Zoho Desk's webhook call this address, or set `signature` of the source to `verify`.",
  },
  signatureWrong: {
    status: 401,
    code: "SIGNATURE_WRONG",
    message: "The X-ZDesk-JWT is not one for this source.",
    hint: "See that the webhook belongs to the source's organization and data centre; register it again with `deskmirror webhook register`.",
  },
  notFound: {
    status: 404,
    code: "NOT_FOUND",
    message: "There is nothing at this address.",
    hint: "Deliveries go to the source's service URL, `/hooks/<key>`.",
  },
  gone: {
    status: 410,
    code: "GONE",
    message: "This service URL is no longer used.",
    hint: "Remove the webhook, or point it to the source's present service URL.",
  },
  tooLarge: {
    status: 413,
    code: "TOO_LARGE",
    message: "The delivery is larger than this service takes.",
    hint: "Raise BODY_LIMIT_BYTES.",
  },
  tooSlow: {
    status: 408,
    code: "TOO_SLOW",
    message: "The request did not come whole within 5 seconds.",
    hint: "Send it again.",
  },
  unavailable: {
    status: 503,
    code: "UNAVAILABLE",
    message: "The delivery cannot be stored now.",
    hint: "Send it again later; see /readyz for what is wrong.",
  },
} as const satisfies Record<string, Refusal>;

/** The refusal as the body of an answer. */
export function toBody({ code, message, hint }: Refusal): string {
  return JSON.stringify({ error: { code, message, hint } });
}

/** Sends an answer. */
export function send(res: ServerResponse, answer: Answer): void {
  if (answer === "ok") {
    res.statusCode = 200;
    res.end();
    return;
  }
  const body = toBody(answer);
  res.statusCode = answer.status;
  res.setHeader("Content-Type", "application/json; charset=utf-8");
  res.setHeader("Content-Length", Buffer.byteLength(body));
  res.setHeader("X-Content-Type-Options", "nosniff");
  if (answer.status === 503) res.setHeader("Retry-After", "5");
  if (answer.status === 413) endUnread(res, body);
  else res.end(body);
}

const LINGER_MS = 500;

/**
 * Answers a request whose body was not read to its end. Closing at once would reset the connection, and the other side, still
 * sending, might never see the answer: so it gets a moment to read it.
 */
function endUnread(res: ServerResponse, body: string): void {
  res.setHeader("Connection", "close");
  res.write(body);
  const timer = setTimeout(() => res.destroy(), LINGER_MS);
  res.once("close", () => clearTimeout(timer));
}
