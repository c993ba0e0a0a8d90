import assert from "node:assert/strict";
import { test } from "node:test";
import * as z from "zod";
import { toApiError } from "../src/api/api-error.ts";
import { authorizeBody, pullBody, reconcileBody, sourceBody, verifyBody, waitQuery } from "../src/api/source-body.ts";

const good = { name: "acme", orgId: "700123456", clientId: "1000.X", clientSecret: "s" };

/** Field, a bad value, and what the message must say. */
const bad: readonly [string, unknown, RegExp][] = [
  ["name", undefined, /name: must be a text/],
  ["name", "Acme", /name: must be a small letter/],
  ["name", `a${"b".repeat(31)}`, /name: must be a small letter/],
  ["name", "pg_acme", /name: is a name that databases keep/],
  ["name", "sqlite_x", /name: is a name that databases keep/],
  ["name", "public", /name: is a name that databases keep/],
  ["orgId", undefined, /orgId: must be a text/],
  ["orgId", 700123456, /orgId: must be a text/],
  ["orgId", "7001x", /orgId: must be the digits/],
  ["dataCenter", "us", /dataCenter: must be one of com eu in/],
  ["clientId", "", /clientId: is empty/],
  ["clientId", 7, /clientId: must be a text/],
  ["clientSecret", undefined, /clientSecret: must be a text/],
  ["code", "", /code: is empty/],
  ["mode", "table", /mode: must be document or csv/],
  ["increment", "polling", /increment: must be webhook/],
  ["tables", [], /tables: names no table/],
  ["tables", "tickets", /tables: /],
  ["sinkUrl", "", /sinkUrl: /],
  ["signature", "maybe", /signature: must be require, verify or off/],
  ["throttle", { concurrency: 0 }, /throttle.concurrency: /],
  ["throttle", { reserve: 1.5 }, /throttle.reserve: /],
  ["throttle", { dailyCredits: -1 }, /throttle.dailyCredits: /],
  ["throttle", { speed: 9 }, /throttle: .*speed/],
  ["reconcileSeconds", 1, /reconcileSeconds: must be at least 10/],
  ["compareSeconds", 1.5, /compareSeconds: must be whole seconds/],
  ["sweepHours", 0, /sweepHours: /],
  ["accountsUrl", "ftp://x.example", /accountsUrl: must be an http or https URL/],
  ["deskUrl", "nowhere", /deskUrl: must be an http or https URL/],
  ["token", "x", /token/],
];

for (const [field, value, message] of bad) {
  test(`a source with ${field} ${JSON.stringify(value)} is refused, naming the field and what it must be`, () => {
    const error = errorOf(() => sourceBody.parse({ ...good, [field]: value }));
    assert.equal(error?.status, 422);
    assert.match(error?.message ?? "", message);
    assert.ok(error?.hint);
  });
}

test("several wrong fields are reported together", () => {
  const error = errorOf(() => sourceBody.parse({ name: "X", orgId: "y" }));
  for (const field of ["name", "orgId", "clientId", "clientSecret"])
    assert.match(error?.message ?? "", new RegExp(`${field}: `));
});

test("what is left out gets the contract's defaults", () => {
  assert.deepEqual(sourceBody.parse(good), {
    ...good,
    dataCenter: "com",
    mode: "document",
    increment: "webhook",
    tables: null,
    sinkUrl: null,
    signature: "verify",
    throttle: { concurrency: null, reserve: 0.4, dailyCredits: null },
    reconcileSeconds: null,
    compareSeconds: null,
    sweepHours: null,
    accountsUrl: null,
    deskUrl: null,
  });
});

const others: readonly [string, z.ZodType, unknown, RegExp][] = [
  ["authorize", authorizeBody, {}, /code: must be a text/],
  ["authorize", authorizeBody, { code: "" }, /code: is empty/],
  ["pull", pullBody, { restart: "yes" }, /restart: must be true or false/],
  ["pull", pullBody, { tables: [] }, /tables: names no table/],
  ["pull", pullBody, { table: ["tickets"] }, /table/],
  ["reconcile", reconcileBody, { tables: 7 }, /tables: /],
  ["verify", verifyBody, { sample: -1 }, /sample: /],
  ["verify", verifyBody, { sample: 1e9 }, /sample: must be at most 100000/],
  ["verify", verifyBody, { sample: 1.5 }, /sample: must be a whole number/],
  ["wait", waitQuery, { wait: "soon" }, /wait: must be seconds/],
  ["wait", waitQuery, { wait: "61" }, /wait: must be at most 60/],
];
for (const [call, schema, body, message] of others) {
  test(`${call} refuses ${JSON.stringify(body)} and says why`, () => {
    assert.match(errorOf(() => schema.parse(body))?.message ?? "", message);
  });
}

function errorOf(run: () => unknown): ReturnType<typeof toApiError> {
  try {
    run();
  } catch (error) {
    return toApiError(error);
  }
  return null;
}
