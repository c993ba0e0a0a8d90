import assert from "node:assert/strict";
import { test } from "node:test";
import type { Estimate } from "@deskmirror/model";
import { createRefetcher } from "../src/mirror/refetch.ts";
import { toPlan } from "../src/mirror/plan.ts";
import type { TablePlan } from "../src/mirror/plan.ts";
import { createStage, heal } from "./support/stage.ts";
import type { Stage } from "./support/stage.ts";

const tables =
  `organizations departments agents teams team_members roles profiles channels organization_fields layouts tickets
  archived_tickets ticket_threads ticket_comments ticket_attachments ticket_time_entries ticket_history ticket_tags contacts accounts
  products contracts tasks calls events articles holiday_lists business_hours skills ticket_templates`.split(/\s+/);

type Spent = Pick<TablePlan, "calls" | "credits">;

const spent = ({ desk }: Stage): Spent => {
  const { requests, creditsSpent } = desk.stats.snapshot();
  const calls = Object.entries(requests).filter(([request]) => !request.includes("/oauth"));
  return { calls: calls.reduce((sum, [, count]) => sum + count, 0), credits: creditsSpent };
};

/** What it really takes to have a table whole: the pull, and a GET for each record whose detail is due. */
async function pullWhole(stage: Stage, table: string): Promise<Spent & { readonly rows: number }> {
  const before = spent(stage);
  await stage.pull(table);
  const context = stage.context(table);
  const refetcher = createRefetcher(Date.now);
  for (let due = await detailDue(stage, table); due.length > 0; due = await detailDue(stage, table)) {
    await refetcher.refetch(context, due, { ...heal, purpose: "pull", concurrency: 8, fillsIn: true });
  }
  const after = spent(stage);
  const { rows } = await stage.sink.count(context.writer.table);
  return { rows, calls: after.calls - before.calls, credits: after.credits - before.credits };
}

async function detailDue(stage: Stage, table: string) {
  const { stream, writer } = stage.context(table);
  return stream.core === null ? [] : stage.sink.detailDue(writer.table, 500);
}

test("a plan says within 15 % what pulling all 30 tables costs, for little itself", { timeout: 240_000 }, async (t) => {
  await using stage = await createStage(tables, { tickets: 500 });
  const estimates = await stage.source.estimate(tables, heal);
  const own = spent(stage);
  const planned = stage.source.streams.map(({ name, parent }) => ({ name, parent, estimate: estimates.get(name)! }));
  const plan = toPlan(planned, { concurrency: 8, latencyMs: 200 });
  const real = new Map<string, Spent & { readonly rows: number }>();
  for (const { name } of plan.tables) real.set(name, await pullWhole(stage, name));
  const sum = (all: Iterable<Spent>, key: keyof Spent): number => [...all].reduce((total, one) => total + one[key], 0);
  for (const { name, rows, calls, credits, seconds } of plan.tables) {
    const is = real.get(name)!;
    t.diagnostic(
      `${name}: rows ${rows} / ${is.rows}, calls ${calls} / ${is.calls}, credits ${credits} / ${is.credits}, ${seconds} s`,
    );
    assertClose(`calls of ${name}`, calls, is.calls);
    assertClose(`credits of ${name}`, credits, is.credits);
  }
  const [calls, credits] = [sum(real.values(), "calls"), sum(real.values(), "credits")];
  t.diagnostic(
    `planned ${sum(plan.tables, "calls")} calls, ${plan.credits} credits; real ${calls} calls, ${credits} credits`,
  );
  t.diagnostic(`planning took ${own.calls} calls, ${own.credits} credits`);
  assertClose("calls", sum(plan.tables, "calls"), calls);
  assertClose("credits", plan.credits, credits);
  assert.ok(own.credits < 0.05 * credits, `planning took ${own.credits} credits`);
});

const estimate = (calls: number, details: number, readings: number): Estimate => ({
  rows: details,
  listing: { calls, credits: 3 * calls },
  detail: { calls: details, credits: details },
  readings,
});

test("seconds follow the requests at once, their time, and what must wait for what", () => {
  const pace = { concurrency: 4, latencyMs: 500 };
  const one = { name: "tickets", parent: null, estimate: estimate(8, 0, 1) };
  assert.deepEqual(toPlan([one], pace), {
    tables: [{ name: "tickets", rows: 0, calls: 8, credits: 24, seconds: 4 }],
    credits: 24,
    seconds: 4,
  });
  const children = { name: "ticket_threads", parent: "tickets", estimate: estimate(8, 100, 50) };
  const both = toPlan([one, children], pace);
  assert.deepEqual(
    both.tables.map(({ seconds }) => seconds),
    [4, 13.5],
  );
  // 116 requests, 4 at once.
  assert.equal(both.seconds, 14.5);
  // Many at once: a reading goes on page by page, and children wait for their parents.
  assert.equal(toPlan([one, children], { ...pace, concurrency: 100 }).seconds, 4.5);
  assert.deepEqual(toPlan([], pace), { tables: [], credits: 0, seconds: 0 });
});

function assertClose(what: string, planned: number, real: number): void {
  assert.ok(Math.abs(planned - real) <= 0.15 * real, `${what}: planned ${planned}, real ${real}`);
}
