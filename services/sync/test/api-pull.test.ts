import assert from "node:assert/strict";
import { test } from "node:test";
import { askPulls, pullSlot, pullUnderWay } from "../src/api/pull-work.ts";
import type { TableFacts } from "../src/mirror/due-work.ts";
import { NO_PROGRESS } from "../src/mirror/progress.ts";
import type { Pull } from "../src/mirror/progress.ts";
import { createStage } from "./support/stage.ts";
import { complete, facts, running, stream } from "./support/table-facts.ts";

await using stage = await createStage(["tickets", "ticket_comments", "agents"], { tickets: 0 });
const { contexts } = stage;

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
  const agents = { ...stream, name: "agents" };
  const isUnderWay = (asked: number, pull: Pull | null, completedMs: number | null = null) => {
    const fact: TableFacts = facts({ stream: agents, asked, progress: { ...NO_PROGRESS, pull, completedMs } });
    return pullUnderWay(["agents"], { facts: [fact], pulls: { agents: 2 } });
  };
  assert.equal(isUnderWay(2, null), "agents");
  assert.equal(isUnderWay(2, { ...complete, asked: 1 }, 5), "agents");
  assert.equal(isUnderWay(2, { ...running, asked: 2 }), "agents");
  assert.equal(isUnderWay(2, { ...running, asked: 2 }, 5), null);
  assert.equal(isUnderWay(2, { ...complete, asked: 2 }, 5), null);
  assert.equal(pullUnderWay(["agents"], { facts: [facts({})], pulls: { agents: 2 } }), null);
});
