import assert from "node:assert/strict";
import { test } from "node:test";
import { askPulls, pullSlot, pullUnderWay, waitForPulls } from "../src/api/pull-work.ts";
import type { TableFacts } from "../src/mirror/due-work.ts";
import type { OpenMirror } from "../src/mirror/open-mirror.ts";
import type { TableContext } from "../src/mirror/table-context.ts";

function context(name: string, parent: TableContext | null = null): TableContext {
  return { stream: { name }, parent } as unknown as TableContext;
}
const tickets = context("tickets");
const contexts = new Map(
  [tickets, context("ticket_comments", tickets), context("agents")].map((one) => [one.stream.name, one]),
);

const facts = (name: string, asked: number, pull: object | null, completedMs: number | null = null): TableFacts =>
  ({ stream: { name }, asked, progress: { pull, completedMs, problem: null } }) as unknown as TableFacts;

test("F7: with a table the parents are asked for that never were, and no others", () => {
  const ask = (tables: string[], pulls: Record<string, number>, restart = false) =>
    askPulls({ pulls }, tables, { contexts, restart });
  assert.deepEqual(ask(["ticket_comments"], {}), { ticket_comments: 1, tickets: 1 });
  assert.deepEqual(ask(["ticket_comments"], { tickets: 3 }, true), { ticket_comments: 1, tickets: 3 });
  assert.deepEqual(ask(["tickets", "ticket_comments"], {}, true), { ticket_comments: 1, tickets: 1 });
  assert.deepEqual(ask(["tickets", "agents"], {}), { tickets: 1, agents: 1 });
});

test("asking again changes nothing; a restart counts one more", () => {
  const ask = (restart: boolean) => askPulls({ pulls: { agents: 2 } }, ["agents", "tickets"], { contexts, restart });
  assert.deepEqual(ask(false), { agents: 2, tickets: 1 });
  assert.deepEqual(ask(true), { agents: 3, tickets: 1 });
});

test("F9: a run is shared by those who ask for the same tables", () => {
  assert.equal(pullSlot(["agents", "tickets"]), pullSlot(["agents", "tickets"]));
  assert.notEqual(pullSlot(["agents"]), pullSlot(["agents", "tickets"]));
});

test("a first pull and a restart are under way until they end; a compare by the clock is not", () => {
  const pulls = { agents: 2 };
  const underWay = (fact: TableFacts) => pullUnderWay(["agents"], { facts: [fact], pulls });
  assert.equal(underWay(facts("agents", 2, null)), "agents");
  assert.equal(underWay(facts("agents", 2, { asked: 1, state: "complete" }, 5)), "agents");
  assert.equal(underWay(facts("agents", 2, { asked: 2, state: "running" })), "agents");
  assert.equal(underWay(facts("agents", 2, { asked: 2, state: "running" }, 5)), null);
  assert.equal(underWay(facts("agents", 2, { asked: 2, state: "complete" }, 5)), null);
  assert.equal(underWay(facts("tickets", 1, null)), null);
});

test("waiting ends when every table has, and does not wait for one that is kept no longer", async () => {
  const ended = { asked: 1, state: "complete", rows: 3, calls: 2, credits: 6, message: null };
  const all = [facts("agents", 1, ended, 5)];
  const open = { mirror: { facts: async () => all } } as unknown as OpenMirror;
  const { signal } = new AbortController();
  const { tables } = (await waitForPulls(() => open, { tables: ["agents", "calls"], signal })) as { tables: object[] };
  assert.deepEqual(
    tables.map((table) => Object.entries(table).flat().slice(0, 4)),
    [
      ["name", "agents", "state", "complete"],
      ["name", "calls", "state", "disabled"],
    ],
  );
});
