import { CreditsError, PermanentError, TransientError } from "@deskmirror/model";
import type { JsonValue, RequestOptions, Throttle } from "@deskmirror/model";
import type { SourceClock } from "../clock.ts";
import type { TokenProvider } from "../oauth/token-provider.ts";
import type { Query, ScopeSpec } from "../streams/spec.ts";
import { readAnswer } from "./answer.ts";
import type { Subject, Verdict } from "./answer.ts";
import { retryDelayMs } from "./retry-timing.ts";
import type { Reply, Transport } from "./transport.ts";
import { header, toUsage } from "./usage.ts";

/** One call of Zoho Desk's API. */
export interface Ask {
  readonly method?: "GET" | "POST" | "PATCH" | "DELETE";
  /** Path under `/api/v1`. */
  readonly path: string;
  readonly query?: Query;
  readonly json?: unknown;
  /** `/organizations` is asked without it (Zoho Desk API, headers). */
  readonly withoutOrgId?: boolean;
  /** What messages about scopes and rights name. */
  readonly table?: string;
  readonly scopes?: ScopeSpec;
}

/** A good answer. */
export interface Answer {
  /** Null when empty: 204, or 200 without a body where none was asked for. */
  readonly body: JsonValue | null;
  /** When the state was certainly still to come, in ms on Zoho's clock: `Date` less the request's duration less 2 s. */
  readonly boundMs: number;
  /** Credits it cost; 0 when Zoho did not say. */
  readonly credits: number;
}

/** Zoho Desk's API of one organization. Errors: TransientError, CreditsError, PermanentError with Zoho's code. */
export interface DeskClient {
  send(ask: Ask, options: RequestOptions): Promise<Answer>;
}

/** What a client is made of. */
export interface DeskClientOptions {
  readonly deskUrl: string;
  readonly orgId: string;
  readonly transport: Transport;
  readonly tokens: TokenProvider;
  readonly throttle: Throttle;
  readonly clock: SourceClock;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly random: () => number;
}

/** A request gets this long; leases of the throttle outlive it. */
export const REQUEST_TIMEOUT_MS = 30_000;

const marginMs = 2000;
/** Tokens got after a 401 that may be refused too before the grant is given up. */
const freshTokens = 2;

/** A client that authorizes, throttles, retries what is safe to repeat, and classes every answer. */
export function createDeskClient(options: DeskClientOptions): DeskClient {
  const { deskUrl, orgId, transport, tokens, throttle, clock, sleep, random } = options;

  async function sendOnce(ask: Ask, token: string, signal: AbortSignal) {
    const method = ask.method ?? "GET";
    const subject: Subject = {
      request: `${method} ${ask.path}`,
      table: ask.table ?? null,
      scopes: ask.scopes ?? null,
    };
    const reply = await transport({
      method,
      url: `${deskUrl}/api/v1${ask.path}`,
      headers: {
        authorization: `Zoho-oauthtoken ${token}`,
        ...(ask.withoutOrgId === true ? {} : { orgId }),
      },
      ...(ask.query === undefined ? {} : { query: ask.query }),
      ...(ask.json === undefined ? {} : { json: ask.json }),
      timeoutMs: REQUEST_TIMEOUT_MS,
      signal,
    });
    const dateMs = Date.parse(header(reply, "date") ?? "");
    if (!Number.isNaN(dateMs)) clock.observe(dateMs);
    const usage = toUsage(reply, Number.isNaN(dateMs) ? clock.now() : dateMs);
    return { value: { verdict: readAnswer(reply, usage, subject), reply, dateMs, credits: usage.weight ?? 0 }, usage };
  }

  async function sendAuthorized(ask: Ask, { purpose, signal }: RequestOptions): Promise<Answer> {
    for (let renewals = 0; ; renewals += 1) {
      const token = await tokens.token(signal);
      const { verdict, ...sent } = await throttle.run(purpose, signal, () => sendOnce(ask, token, signal));
      if (verdict.kind !== "unauthorized") return toAnswer(verdict, sent);
      if (renewals === freshTokens) throw unauthorized(verdict.code);
      tokens.invalidate(token);
    }
  }

  return {
    async send(ask, options) {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await sendAuthorized(ask, options);
        } catch (error) {
          if (!isWorthRepeating(ask, error)) throw error;
          const delayMs = retryDelayMs({ attempt, serverMinimumMs: error.retryAfterMs, random: random() });
          if (delayMs === null) throw error;
          await sleep(delayMs, options.signal);
        }
      }
    },
  };
}

function isWorthRepeating(ask: Ask, error: unknown): error is TransientError {
  return (ask.method ?? "GET") === "GET" && error instanceof TransientError && !(error instanceof CreditsError);
}

interface Sent {
  readonly reply: Reply;
  readonly dateMs: number;
  readonly credits: number;
}

function toAnswer(verdict: Exclude<Verdict, { kind: "unauthorized" }>, { reply, dateMs, credits }: Sent): Answer {
  if (verdict.kind === "failed") throw verdict.error;
  if (Number.isNaN(dateMs)) throw new TransientError("Zoho answered without a Date", { code: "NO_DATE" });
  return { body: verdict.body, boundMs: Math.max(0, dateMs - Math.ceil(reply.durationMs) - marginMs), credits };
}

function unauthorized(code: string): PermanentError {
  return new PermanentError(`Zoho refused ${freshTokens} fresh access tokens (${code}): authorize this source again`, {
    code: "INVALID_OAUTH",
  });
}
