import assert from "node:assert/strict";
import { after, test } from "node:test";
import { ApiError } from "../src/api/api-error.ts";
import { assertAffordable, verifyCost } from "../src/api/verify-cost.ts";
import { NO_PROGRESS } from "../src/mirror/progress.ts";
import type { Pull } from "../src/mirror/progress.ts";
import { createRefetcher } from "../src/mirror/refetch.ts";
import { createStage, heal } from "./support/stage.ts";
import { complete, facts, running } from "./support/table-facts.ts";

const stage = await createStage(["agents", "teams", "team_members", "tickets"], { tickets: 400 });
await stage.pull("agents", "teams", "team_members", "tickets");
after(() => stage[Symbol.asyncDispose]());

const context = (table: string) => stage.context(table);
const count = (table: string) => stage.sink.count(context(table).writer.table);

const credits = { limit: 1_000, remaining: 500, reserve: 0.4, waitUntilMs: null };
const spentToday = { live: 0, heal: 0, reconcile: 0, pull: 0 };

test("A25: a table costs a list or search for each page, and a GET for each sampled row that has detail", async () => {
  const due = await stage.sink.detailDue(context("tickets").writer.table, 120);
  await createRefetcher(Date.now).refetch(context("tickets"), due, { ...heal, concurrency: 8, fillsIn: true });
  const { rows, full } = await count("tickets");
  assert.deepEqual([rows, full], [381, 120]);
  assert.equal(await verifyCost([context("tickets")], { sample: 200, facts: [] }), 4 * 3 + 120);
  assert.equal(await verifyCost([context("tickets")], { sample: 50, facts: [] }), 4 * 3 + 50);
  assert.equal(await verifyCost([context("agents")], { sample: 50, facts: [] }), 3);
});

test("A25: a child table costs a list for each record it is read under, and its parent is compared too", async () => {
  assert.equal((await count("teams")).rows, 5);
  assert.equal(await verifyCost([context("team_members")], { sample: 50, facts: [] }), 5 * 3 + 3);
});

test("A25: what the last complete pull cost is believed before any guess, in proportion to the rows", async () => {
  const { rows } = await count("tickets");
  const { stream } = context("tickets");
  const cost = (pull: Pull) =>
    verifyCost([context("tickets")], { sample: 0, facts: [facts({ stream, progress: { ...NO_PROGRESS, pull } })] });
  assert.equal(await cost({ ...complete, rows: rows / 2, credits: 40 }), 80);
  assert.equal(await cost({ ...running, rows: rows / 2, credits: 40 }), 12);
});

test("A25, F13: a verify that the budget above the reserve does not hold is 409 with its cost", () => {
  const given = { ...credits, spentToday };
  assertAffordable(100, given);
  assertAffordable(1e9, { ...given, remaining: null });
  for (const [cost, now] of [
    [101, given],
    [1, { ...given, remaining: 0 }],
    [1, { ...given, waitUntilMs: 5 }],
  ] as const) {
    assert.throws(
      () => assertAffordable(cost, now),
      (error: unknown) =>
        error instanceof ApiError && error.status === 409 && error.message.includes(` ${cost} credits`),
    );
  }
});
