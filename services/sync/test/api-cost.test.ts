import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "../src/api/api-error.ts";
import { assertAffordable, verifyCost } from "../src/api/verify-cost.ts";
import type { TableFacts } from "../src/mirror/due-work.ts";
import type { TableContext } from "../src/mirror/table-context.ts";

interface Given {
  readonly rows: number;
  readonly full?: number;
  readonly parent?: TableContext;
  readonly hasDetail?: boolean;
}

function table(name: string, { rows, full = rows, parent, hasDetail = false }: Given): TableContext {
  const sink = { count: async ({ stream }: { stream: string }) => ({ rows: counts.get(stream)!, full }) };
  counts.set(name, rows);
  const stream = { name, core: hasDetail ? ["id"] : null };
  return { stream, sink, writer: { table: { stream: name } }, parent: parent ?? null } as unknown as TableContext;
}
const counts = new Map<string, number>();

const pulled = (name: string, pull: object): TableFacts =>
  ({ stream: { name }, progress: { pull: { state: "complete", ...pull } } }) as unknown as TableFacts;

const credits = { limit: 1_000, remaining: 500, reserve: 0.4, waitUntilMs: null };
const spentToday = { live: 0, heal: 0, reconcile: 0, pull: 0 };

test("A25: a table costs a list or search for each page, and a GET for each sampled row that has detail", async () => {
  const tickets = table("tickets", { rows: 950, full: 120, hasDetail: true });
  assert.equal(await verifyCost([tickets], { sample: 200, facts: [] }), 10 * 3 + 120);
  assert.equal(await verifyCost([tickets], { sample: 50, facts: [] }), 10 * 3 + 50);
  assert.equal(await verifyCost([table("agents", { rows: 7 })], { sample: 50, facts: [] }), 3);
});

test("A25: a child table costs a list for each record it is read under, and its parent is compared too", async () => {
  const teams = table("teams", { rows: 40 });
  const members = table("team_members", { rows: 90, parent: teams });
  assert.equal(await verifyCost([members], { sample: 50, facts: [] }), 40 * 3 + 3);
});

test("A25: what the last complete pull cost is believed before any guess, in proportion to the rows", async () => {
  const tickets = table("tickets", { rows: 2_000 });
  const facts = [pulled("tickets", { rows: 1_000, credits: 40 })];
  assert.equal(await verifyCost([tickets], { sample: 0, facts }), 80);
  const running = [pulled("tickets", { rows: 1_000, credits: 40, state: "running" })];
  assert.equal(await verifyCost([tickets], { sample: 0, facts: running }), 63);
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
