import type { IncomingMessage, ServerResponse } from "node:http";
import { toError } from "@deskmirror/model";
import { within } from "./loop.ts";
import type { Metrics } from "./metrics.ts";

/** Whether a part works; the message says what to do when it does not. */
export interface CheckResult {
  readonly ok: boolean;
  readonly message: string;
}

/** The checks of `/readyz`, by name. One that throws or takes longer than a second is not ok. */
export type Checks = Readonly<Record<string, () => CheckResult | Promise<CheckResult>>>;

/** The paths `createOps` answers. */
export const OPS_PATHS = ["/healthz", "/readyz", "/metrics"] as const;

/**
 * Answers `/healthz`, `/readyz` and `/metrics` (contract section 3); anything else is 404. A plain `node:http` listener, which an
 * express app can mount on `OPS_PATHS`.
 */
export function createOps(options: { readonly checks: Checks; readonly metrics: Metrics }) {
  const answers: Readonly<Record<string, () => Promise<Answer>>> = {
    "/healthz": async () => json(200, { ok: true }),
    "/readyz": async () => {
      const checks = Object.fromEntries(await Promise.all(Object.entries(options.checks).map(runCheck)));
      return json(Object.values(checks).every(({ ok }) => ok) ? 200 : 503, { checks });
    },
    "/metrics": async () => ({ status: 200, type: options.metrics.contentType, body: await options.metrics.metrics() }),
  };
  return async function ops(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const path = (req.url ?? "").split("?", 1)[0] ?? "";
    const answer = Object.hasOwn(answers, path) && isRead(req) ? await answers[path]!() : notFound;
    res.writeHead(answer.status, { "content-type": answer.type, "cache-control": "no-store" }).end(answer.body);
  };
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

function json(status: number, body: unknown): Answer {
  return { status, type: "application/json; charset=utf-8", body: JSON.stringify(body) };
}

const notFound = json(404, {
  error: { code: "NOT_FOUND", message: "There is nothing at this address.", hint: `Try ${OPS_PATHS.join(", ")}.` },
});

function isRead(req: IncomingMessage): boolean {
  return req.method === "GET" || req.method === "HEAD";
}

async function runCheck([name, check]: [string, Checks[string]]): Promise<[string, CheckResult]> {
  try {
    return [name, await within(1_000, Promise.try(check), "gave no answer within a second")];
  } catch (error) {
    return [name, { ok: false, message: toError(error).message }];
  }
}
