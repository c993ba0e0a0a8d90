import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { TransientError } from "@deskmirror/model";
import got, { RequestError } from "got";

/** One HTTP request to Zoho. */
export interface Send {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly url: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly form?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** What came back, whatever its status. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** From before the send to the last byte. */
  readonly durationMs: number;
}

/** Sends one request once. TransientError when no whole answer came; its message holds neither token nor query. */
export type Transport = (send: Send) => Promise<Reply>;

/** A transport over kept-alive connections: no redirects, no retries, no cookies. */
export function createTransport(): Transport {
  const agent = {
    http: new HttpAgent({ keepAlive: true, scheduling: "lifo" }),
    https: new HttpsAgent({ keepAlive: true, scheduling: "lifo" }),
  };
  const client = got.extend({
    agent,
    throwHttpErrors: false,
    followRedirect: false,
    retry: { limit: 0 },
    headers: { "user-agent": "deskmirror", accept: "application/json" },
  });
  return async ({ method, url, query, headers, json, form, timeoutMs, signal }) => {
    const startedMs = performance.now();
    try {
      const reply = await client(url, {
        method,
        timeout: { connect: Math.min(timeoutMs, 10_000), request: timeoutMs },
        ...(query === undefined ? {} : { searchParams: { ...query } }),
        ...(headers === undefined ? {} : { headers: { ...headers } }),
        ...(json === undefined ? {} : { json }),
        ...(form === undefined ? {} : { form: { ...form } }),
        ...(signal === undefined ? {} : { signal }),
      });
      return {
        status: reply.statusCode,
        headers: reply.headers,
        text: reply.body,
        durationMs: performance.now() - startedMs,
      };
    } catch (error) {
      signal?.throwIfAborted();
      // got's errors hold the request's options, the token among them: only the code goes on.
      if (!(error instanceof RequestError)) throw error;
      throw new TransientError(describe(new URL(url), error.code), { code: error.code });
    }
  };
}

function describe({ host, hostname }: URL, code: string): string {
  return code === "ENOTFOUND" || code === "EAI_AGAIN"
    ? `the host ${hostname} was not found (${code}): check its spelling, and the DNS of the machine that asks`
    : `${host} gave no whole answer (${code})`;
}
