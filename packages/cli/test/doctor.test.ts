import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Status, TableStatus } from "../src/api/answers.ts";
import { examineStatus } from "../src/doctor/examine-status.ts";

const table: TableStatus = {
  name: "tickets",
  state: "live",
  rows: 5,
  expected: 5,
  full: 5,
  deleted: 0,
  lastChangeAt: null,
  lagMs: null,
  pull: { state: "complete", startedAt: "2026-11-24T12:00:00.000Z" },
  message: null,
};

const well: Status = {
  name: "acme",
  state: "live",
  since: "2026-11-24T12:00:00.000Z",
  message: null,
  tables: [table],
  webhook: { id: "7", state: "active", message: null, lastDeliveryAt: null },
  credits: { limit: 100, remaining: 90, reserve: 0.4, spentToday: {}, waitUntil: null },
  gaps: [{ from: "2026-11-24T11:00:00.000Z", to: "2026-11-24T11:05:00.000Z", reason: "ingest down", state: "closed" }],
  ledger: { accepted: 2, applied: 2, superseded: 0, filtered: 0, deadLettered: 0, inFlight: 0, unaccounted: 0 },
};

const open = { from: "2026-11-24T11:00:00.000Z", to: null, reason: "ingest down", state: "open" };

const cases: readonly (readonly [title: string, change: Partial<Status>, name: string, state: string, said: RegExp])[] =
  [
    [
      "a source in error",
      { state: "error", message: "Zoho refused the grant" },
      "acme",
      "fail",
      /Zoho refused the grant/,
    ],
    ["a source that is not authorized", { state: "new" }, "acme", "warn", /npx deskmirror authorize acme/],
    ["a paused source", { state: "paused" }, "acme", "warn", /npx deskmirror resume acme/],
    [
      "a missing webhook",
      { webhook: { ...well.webhook, state: "missing" } },
      "acme: webhook",
      "fail",
      /webhook register acme/,
    ],
    [
      "a disabled webhook",
      { webhook: { ...well.webhook, state: "disabled" } },
      "acme: webhook",
      "fail",
      /webhook register acme/,
    ],
    [
      "an edition without webhooks",
      { webhook: { ...well.webhook, state: "unavailable" } },
      "acme: webhook",
      "warn",
      /reconcile/,
    ],
    ["a webhook not looked at", { webhook: { ...well.webhook, state: "unknown" } }, "acme: webhook", "warn", /again/],
    [
      "an incomplete table",
      { tables: [{ ...table, state: "incomplete", message: "3 rows are missing" }] },
      "acme: tickets",
      "fail",
      /3 rows are missing.*npx deskmirror pull acme --tables tickets --restart/,
    ],
    [
      "a table in error",
      { tables: [{ ...table, state: "error", message: "no such column" }] },
      "acme: tickets",
      "fail",
      /no such column/,
    ],
    [
      "a disabled table",
      { tables: [{ ...table, state: "disabled", message: "the scope Desk.x.READ is missing" }] },
      "acme: tickets",
      "warn",
      /Desk\.x\.READ.*authorize acme/,
    ],
    [
      "credits at the reserve",
      { credits: { ...well.credits, waitUntil: "2026-11-25T00:00:00.000Z" } },
      "acme: credits",
      "warn",
      /at the reserve; nothing is sent before 2026-.*--reserve/,
    ],
    [
      "dead letters",
      { ledger: { ...well.ledger, deadLettered: 1_200 } },
      "acme: dead letters",
      "fail",
      /1,200 wait.*dead-letters list/,
    ],
    ["unaccounted events", { ledger: { ...well.ledger, unaccounted: 3 } }, "acme: events", "fail", /3 are unaccounted/],
    ["an open gap", { gaps: [open] }, "acme: gaps", "warn", /ingest down since 2026-11-24T.*reconcile/],
  ];

describe("doctor finds, and says what to do about", () => {
  for (const [title, change, name, state, said] of cases) {
    test(title, () => {
      const checks = examineStatus({ ...well, ...change });
      assert.deepEqual(
        checks.filter((check) => check.state !== "ok").map((check) => [check.name, check.state]),
        [[name, state]],
      );
      const found = checks.find((check) => check.state !== "ok")!;
      assert.match(`${found.message} ${found.hint}`, said);
    });
  }
});

test("doctor finds nothing wrong with a source that is well", () => {
  assert.deepEqual([...new Set(examineStatus(well).map(({ state, hint }) => `${state} ${hint}`))], ["ok null"]);
});
