import assert from "node:assert/strict";
import { test } from "node:test";
import type { Run, Runs } from "@deskmirror/redis";
import { createLog } from "@deskmirror/runtime";
import { testDataSource } from "@deskmirror/testing";
import type { ApiDeps } from "../src/api/deps.ts";
import { startRun, takeOver, waitForRun } from "../src/api/run-work.ts";

/** Runs of one process in memory. */
function setUp() {
  const kept = new Map<string, Run>();
  const running = { source: "acme", state: "running", startedMs: 1, finishedMs: null, result: null } as const;
  const runs: Runs = {
    async start(_source, { kind, input }) {
      const run: Run = { ...running, id: "r1", kind, input };
      kept.set(run.id, run);
      return { run, isNew: true };
    },
    get: async (_source, id) => kept.get(id) ?? null,
    running: async () => null,
    update: async (_source, id) => kept.get(id)?.state === "running",
    finish: async (_source, id, state, result) => void kept.set(id, { ...kept.get(id)!, state, result, finishedMs: 2 }),
  };
  const ending = new AbortController();
  const log = createLog({ service: "sync", level: "silent" });
  const registry = { get: async () => testDataSource() };
  const deps = { runs, registry, log, signal: ending.signal } as unknown as ApiDeps;
  return { deps, kept, ending, running };
}

test("a run whose process is gone goes on where it is asked for, and ends with its result", async () => {
  const { deps, kept, running } = setUp();
  const dead: Run = { ...running, id: "r1", kind: "pull", input: { tables: ["agents"] } };
  kept.set("r1", dead);
  const seen: Run = { ...dead, state: "failed", result: { error: { code: "ABANDONED" } } };
  const run = await takeOver(deps, seen, async () => ({ tables: [] }));
  assert.deepEqual([run.state, run.result], ["running", null]);
  const { state, result } = await waitForRun(deps, run, 5_000);
  assert.deepEqual([state, result], ["done", { tables: [] }]);
});

test("a run that has ended, or that another has replaced, is not taken over", async () => {
  const { deps, kept, running } = setUp();
  const work = () => assert.fail("nothing is to be done");
  const failed: Run = { ...running, id: "r1", kind: "pull", input: null, state: "failed", finishedMs: 2 };
  kept.set("r1", failed);
  for (const run of [failed, { ...failed, finishedMs: null }]) assert.equal(await takeOver(deps, run, work), run);
});

test("a run is not told to have failed because its process ends", async () => {
  const { deps, kept, ending } = setUp();
  const work = (signal: AbortSignal) =>
    new Promise<null>((_, reject) => signal.addEventListener("abort", () => reject(new Error("ended"))));
  await startRun(deps, { source: "acme", kind: "pull", input: null, work });
  ending.abort();
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(kept.get("r1")?.state, "running");
});
