import assert from "node:assert/strict";
import { test } from "node:test";
import { CreditsError, TransientError } from "@deskmirror/model";
import { readAnswer } from "../src/http/answer.ts";
import type { Reply } from "../src/http/transport.ts";
import { toUsage } from "../src/http/usage.ts";
import { specOf } from "../src/scopes.ts";

type Class = "ok" | "unauthorized" | "transient" | "permanent" | "credits";

function error(errorCode: string, message = "said"): string {
  return JSON.stringify({ errorCode, message });
}

/** Every kind of answer Zoho gives, and the caller's next move (Zoho Desk API, sections Errors and Rate limits). */
const answers: readonly {
  readonly what: string;
  readonly status: number;
  readonly body: string;
  readonly is: Class;
  readonly code?: string;
  readonly says?: RegExp;
  readonly request?: string;
  readonly headers?: Reply["headers"];
}[] = [
  { what: "a list", status: 200, body: '{"data":[{"id":"1"}]}', is: "ok" },
  { what: "an empty list", status: 200, body: '{"data":[]}', is: "ok" },
  { what: "an empty object", status: 200, body: "{}", is: "ok" },
  { what: "204 without a body", status: 204, body: "", is: "ok" },
  { what: "200 without a body to a DELETE", status: 200, body: "", is: "ok", request: "DELETE /webhooks/1" },
  { what: "200 without a body to a GET", status: 200, body: "", is: "transient", code: "UNREADABLE" },
  { what: "a record with a key named error", status: 200, body: '{"id":"1","error":"text"}', is: "ok" },
  { what: "an HTML page with 200", status: 200, body: "<html>down</html>", is: "transient", says: /HTML page/ },
  { what: "JSON cut short", status: 200, body: '{"data":[{"id":"1"', is: "transient", says: /not whole JSON/ },
  { what: "an HTML page with 502", status: 502, body: "<html>bad gateway</html>", is: "transient", code: "HTTP_502" },
  { what: "an error in a 200 body", status: 200, body: error("FORBIDDEN"), is: "permanent", code: "FORBIDDEN" },
  { what: "a token error in a 200 body", status: 200, body: error("INVALID_OAUTH"), is: "unauthorized" },
  { what: "an internal error in a 200 body", status: 200, body: error("INTERNAL_SERVER_ERROR"), is: "transient" },
  { what: "401 INVALID_OAUTH", status: 401, body: error("INVALID_OAUTH"), is: "unauthorized" },
  { what: "401 UNAUTHORIZED", status: 401, body: error("UNAUTHORIZED"), is: "unauthorized" },
  { what: "401 without JSON", status: 401, body: "no", is: "unauthorized" },
  { what: "400", status: 400, body: error("BAD_REQUEST"), is: "permanent", code: "BAD_REQUEST" },
  {
    what: "403 SCOPE_MISMATCH",
    status: 403,
    body: error("SCOPE_MISMATCH"),
    is: "permanent",
    says: /lacks Desk\.tickets\.READ and Desk\.search\.READ, which table tickets needs; authorize again/,
  },
  {
    what: "403 OAUTH_ORG_MISMATCH",
    status: 403,
    body: error("OAUTH_ORG_MISMATCH"),
    is: "permanent",
    says: /the right orgId/,
  },
  { what: "403 FORBIDDEN", status: 403, body: error("FORBIDDEN"), is: "permanent", says: /as an administrator/ },
  {
    what: "403 LICENSE_ACCESS_LIMITED",
    status: 403,
    body: error("LICENSE_ACCESS_LIMITED"),
    is: "permanent",
    says: /edition/,
  },
  { what: "404", status: 404, body: error("URL_NOT_FOUND"), is: "permanent", code: "URL_NOT_FOUND" },
  { what: "405", status: 405, body: error("METHOD_NOT_ALLOWED"), is: "permanent" },
  { what: "413", status: 413, body: error("RESOURCE_SIZE_EXCEEDED"), is: "permanent" },
  { what: "415", status: 415, body: error("UNSUPPORTED_MEDIA_TYPE"), is: "permanent" },
  {
    what: "422 with fields",
    status: 422,
    body: JSON.stringify({
      errorCode: "INVALID_DATA",
      message: "x",
      errors: [{ fieldName: "/url", errorType: "missing" }],
    }),
    is: "permanent",
    says: /\/url is missing/,
  },
  {
    what: "422 at the end of the offsets",
    status: 422,
    body: error("UNPROCESSABLE_ENTITY", "The value passed for field 'from' exceeds the range of '0-4999'"),
    is: "permanent",
    code: "OFFSET_LIMIT",
  },
  {
    what: "422 of another field",
    status: 422,
    body: error("UNPROCESSABLE_ENTITY", "Extra query parameter 'x'"),
    is: "permanent",
    code: "UNPROCESSABLE_ENTITY",
  },
  {
    what: "429 too many at once",
    status: 429,
    body: error("TOO_MANY_REQUESTS"),
    is: "transient",
    code: "TOO_MANY_REQUESTS",
  },
  {
    what: "429 with Retry-After",
    status: 429,
    body: error("THRESHOLD_EXCEEDED"),
    is: "credits",
    headers: { "retry-after": "60" },
  },
  { what: "429 THRESHOLD_EXCEEDED without Retry-After", status: 429, body: error("THRESHOLD_EXCEEDED"), is: "credits" },
  { what: "500", status: 500, body: error("INTERNAL_SERVER_ERROR"), is: "transient", code: "INTERNAL_SERVER_ERROR" },
  { what: "503 in maintenance", status: 503, body: "", is: "transient", code: "HTTP_503" },
  { what: "408", status: 408, body: "", is: "transient" },
  { what: "a redirect", status: 302, body: "", is: "permanent", says: /data centre/ },
  { what: "an unknown refusal", status: 418, body: "tea", is: "permanent", code: "HTTP_418" },
];

for (const { what, status, body, is, code, says, request = "GET /tickets/search", headers = {} } of answers) {
  test(`${what} is ${is}`, () => {
    const reply: Reply = { status, headers, text: body, durationMs: 1 };
    const { scopes } = specOf("tickets");
    const verdict = readAnswer(reply, toUsage(reply, 0), { request, table: "tickets", scopes });
    assert.equal(classOf(verdict), is);
    if (verdict.kind !== "failed") return;
    if (code !== undefined) assert.equal(verdict.error.code, code);
    if (says !== undefined) assert.match(verdict.error.message, says);
    assert.match(verdict.error.message, /tickets|webhooks/);
  });
}

function classOf(verdict: ReturnType<typeof readAnswer>): Class {
  if (verdict.kind !== "failed") return verdict.kind;
  if (verdict.error instanceof CreditsError) return "credits";
  return verdict.error instanceof TransientError ? "transient" : "permanent";
}

test("weight, remainder and the kind of 429 are read from an answer", () => {
  const base = {
    headers: { "x-rate-limit-request-weight-v3": "3", "x-rate-limit-remaining-v3": "997" },
    text: "",
    durationMs: 1,
  };
  assert.deepEqual(toUsage({ ...base, status: 200 }, 0), {
    weight: 3,
    remaining: 997,
    refused: null,
    retryAfterMs: null,
  });
  const day = { ...base, status: 429, headers: { "retry-after": ["60"] } };
  assert.deepEqual(toUsage(day, 0), { weight: null, remaining: null, refused: "day", retryAfterMs: 60_000 });
  assert.equal(toUsage({ ...base, status: 429 }, 0).refused, "concurrency");
});

test("ids beyond 2^53 stay text", () => {
  const reply: Reply = { status: 200, headers: {}, text: '{"id":410000000101001999}', durationMs: 1 };
  const verdict = readAnswer(reply, toUsage(reply, 0), { request: "GET /x", table: null, scopes: null });
  assert.deepEqual(verdict, { kind: "ok", body: { id: "410000000101001999" } });
});
