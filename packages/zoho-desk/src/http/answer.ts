import { CreditsError, PermanentError, TransientError, isJsonObject, parseJson } from "@deskmirror/model";
import type { JsonObject, JsonValue, Usage } from "@deskmirror/model";
import type { ScopeSpec } from "../streams/spec.ts";
import { toText } from "../values.ts";
import type { Reply } from "./transport.ts";

/** What a request was for, as far as messages speak of it. */
export interface Subject {
  /** Method and path, without query. */
  readonly request: string;
  readonly table: string | null;
  readonly scopes: ScopeSpec | null;
}

/** An answer by the caller's next move: use it, get a new token, or stop with the error. */
export type Verdict =
  | { readonly kind: "ok"; readonly body: JsonValue | null }
  | { readonly kind: "unauthorized"; readonly code: string }
  | { readonly kind: "failed"; readonly error: TransientError | PermanentError };

/** The code of a 422 that refuses `from`: the list goes on, but not by offset. */
export const OFFSET_LIMIT = "OFFSET_LIMIT";
/** The code of an unknown path or record. */
export const NOT_FOUND = "URL_NOT_FOUND";

/** Classes every kind of answer (Zoho Desk API, sections Errors and Rate limits). */
export function readAnswer(reply: Reply, usage: Usage, subject: Subject): Verdict {
  const text = reply.text.trim();
  const isSuccess = reply.status >= 200 && reply.status < 300;
  if (text === "") {
    // A list has rows or says 204; 200 without a body is an answer cut short, except where nothing was asked for.
    if (reply.status === 204 || (isSuccess && !subject.request.startsWith("GET"))) return { kind: "ok", body: null };
    return isSuccess ? unreadable(reply, subject) : refused(reply, usage, subject, null);
  }
  let body: JsonValue;
  try {
    body = parseJson(text);
  } catch {
    return isSuccess ? unreadable(reply, subject) : refused(reply, usage, subject, null);
  }
  const fault = toFault(body);
  if (isSuccess && fault === null) return { kind: "ok", body };
  return refused(reply, usage, subject, fault);
}

interface Fault {
  readonly code: string;
  readonly message: string;
}

/** Zoho's own error, also in a 200 body; null when the body is none. */
function toFault(body: JsonValue): Fault | null {
  if (!isJsonObject(body)) return null;
  const code = toText(body["errorCode"]) ?? (body["id"] === undefined ? toText(body["error"]) : null);
  if (code === null || body["data"] !== undefined) return null;
  return { code, message: [toText(body["message"]) ?? "", ...fieldErrors(body)].filter(Boolean).join("; ") };
}

function fieldErrors(body: JsonObject): readonly string[] {
  const { errors } = body;
  if (!Array.isArray(errors)) return [];
  return errors.filter(isJsonObject).map((error) => `${toText(error["fieldName"])} is ${toText(error["errorType"])}`);
}

function unreadable(reply: Reply, subject: Subject): Verdict {
  const looks = reply.text.trimStart().startsWith("<") ? "an HTML page" : "something that is not whole JSON";
  const error = new TransientError(`${subject.request} answered ${reply.status} with ${looks}`, { code: "UNREADABLE" });
  return { kind: "failed", error };
}

/** Statuses that may pass by themselves: time-outs, gateways, maintenance, Zoho's own INTERNAL_SERVER_ERROR. */
const transientStatuses = new Set([408, 425, 500, 502, 503, 504]);

/** Codes that mean the same under any status, 200 too. */
const transientCodes = new Set(["INTERNAL_SERVER_ERROR", "SERVICE_UNAVAILABLE"]);
const tokenCodes = new Set(["INVALID_OAUTH", "INVALID_OAUTHTOKEN", "INVALID_TOKEN", "UNAUTHORIZED"]);

function refused(reply: Reply, usage: Usage, subject: Subject, fault: Fault | null): Verdict {
  const code = fault?.code ?? `HTTP_${reply.status}`;
  if (reply.status === 401 || tokenCodes.has(code)) return { kind: "unauthorized", code };
  return { kind: "failed", error: toError(reply, usage, subject, code, fault?.message ?? "") };
}

function toError(
  reply: Reply,
  usage: Usage,
  subject: Subject,
  code: string,
  said: string,
): TransientError | PermanentError {
  const told = `${subject.request} answered ${reply.status} ${code}${said === "" ? "" : ` (${said})`}`;
  const wait = usage.retryAfterMs === null ? {} : { retryAfterMs: usage.retryAfterMs };
  if (usage.refused === "day" || code === "THRESHOLD_EXCEEDED") {
    return new CreditsError(`${told}: the day's credits are used up`, { code, ...wait });
  }
  if (usage.refused === "concurrency" || code === "TOO_MANY_REQUESTS") {
    return new TransientError(`${told}: too many calls at once`, { code, ...wait });
  }
  if (transientStatuses.has(reply.status) || transientCodes.has(code))
    return new TransientError(told, { code, ...wait });
  if (reply.status === 422 && /'from'/.test(said)) {
    return new PermanentError(`${told}: read it in smaller parts`, { code: OFFSET_LIMIT });
  }
  const next = nextSteps[code]?.(subject) ?? (reply.status >= 300 && reply.status < 400 ? movedStep : null);
  return new PermanentError(next === null ? told : `${told}: ${next}`, { code });
}

const movedStep = "Zoho redirects; the data centre of this source is probably another one";

/** What a person has to do, by Zoho's code. */
const nextSteps: Readonly<Record<string, (subject: Subject) => string>> = {
  SCOPE_MISMATCH: ({ scopes, table }) => {
    const needed = scopes === null ? "the scope" : scopeText(scopes);
    return `the grant lacks ${needed}${table === null ? "" : `, which table ${table} needs`}; authorize again with it`;
  },
  OAUTH_ORG_MISMATCH: () =>
    "the grant belongs to another organization; generate the code again and choose this one, or add a source of another name with the right orgId",
  FORBIDDEN: ({ table }) =>
    `the agent who authorized may not read ${table ?? "this"}; authorize again as an administrator`,
  LICENSE_ACCESS_LIMITED: ({ table }) => `the edition of this Desk does not have ${table ?? "this feature"}`,
};

/** Scopes in words: one of several, and those needed beside it. */
export function scopeText({ read, also = [] }: ScopeSpec): string {
  return [read.join(" or "), ...also].join(" and ");
}
