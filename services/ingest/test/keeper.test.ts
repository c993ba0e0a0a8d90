import assert from "node:assert/strict";
import { test } from "node:test";
import { createGapKeeper } from "../src/gap-keeper.ts";
import { createKeeper } from "../src/keeper.ts";

/** A keeper whose clock is set by hand, with one source and a Redis that is well; gives what gaps it stored. */
function createKept() {
  const opened: string[] = [];
  let nowMs = 1_000;
  const gaps = createGapKeeper({
    openGap: async (source, reason, fromMs) => void opened.push(`${source}: ${reason} since ${fromMs}`),
  });
  const keep = createKeeper({
    instance: "one",
    health: { probe: async () => {}, state: () => "well" },
    registry: { refresh: async () => {}, sources: () => ["acme"] },
    heartbeats: { all: async () => new Map() },
    queue: { heartbeat: async () => {} },
    gaps,
    now: () => nowMs,
  });
  return {
    opened,
    keepAt: (ms: number): Promise<void> => {
      nowMs = ms;
      return keep();
    },
  };
}

test("an ingest frozen for ten seconds let deliveries wait in vain, and opens a gap from its last look on", async () => {
  const { opened, keepAt } = createKept();
  await keepAt(2_000);
  await keepAt(12_000);
  assert.deepEqual(opened, ["acme: ingest stood still since 2000"]);
});

test("a late look opens no gap while every delivery could still be answered in time", async () => {
  const { opened, keepAt } = createKept();
  for (const ms of [2_000, 5_500, 6_500]) await keepAt(ms);
  assert.deepEqual(opened, []);
});
