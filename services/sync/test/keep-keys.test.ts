import assert from "node:assert/strict";
import { test } from "node:test";
import { TransientError } from "@deskmirror/model";
import type { DataSource } from "@deskmirror/model";
import { createLog } from "@deskmirror/runtime";
import { testDataSource } from "@deskmirror/testing";
import { keepKeys } from "../src/keep-keys.ts";

function setUp(...sources: DataSource[]) {
  const fetched: string[] = [];
  const kept: string[] = [];
  const refusing = new Set<string>();
  const at = { ms: 1_000_000 };
  const look = keepKeys({
    registry: { list: async () => sources, setJwks: async (name) => void kept.push(name) },
    async fetchJwks({ name }) {
      fetched.push(name);
      if (refusing.has(name)) throw new TransientError("no keys");
      return { keys: [] };
    },
    now: () => at.ms,
    log: createLog({ service: "sync", level: "silent" }),
    signal: new AbortController().signal,
  });
  return { sources, fetched, kept, refusing, at, look };
}

test("A16: a source gets its keys at the first look after it was made, then hourly", async () => {
  const { sources, kept, at, look } = setUp(testDataSource({ name: "old" }));
  await look();
  sources.push(testDataSource({ name: "fresh" }));
  at.ms += 5_000;
  await look();
  assert.deepEqual(kept, ["old", "fresh"]);
  at.ms += 60 * 60_000 - 5_000;
  await look();
  assert.deepEqual(kept, ["old", "fresh", "old"]);
  sources[1] = testDataSource({ name: "fresh", createdMs: at.ms });
  await look();
  assert.deepEqual(kept, ["old", "fresh", "old", "fresh"], "one made again under its old name is another");
});

test("A16: keys that could not be fetched are fetched again soon, after pauses that grow, and hold up no other source", async () => {
  const { fetched, kept, refusing, at, look } = setUp(
    testDataSource({ name: "bad" }),
    testDataSource({ name: "good" }),
  );
  refusing.add("bad");
  const triedMs: number[] = [];
  for (const startMs = at.ms; at.ms <= startMs + 1_000_000; at.ms += 5_000) {
    const before = fetched.filter((name) => name === "bad").length;
    await look();
    if (fetched.filter((name) => name === "bad").length > before) triedMs.push(at.ms - startMs);
  }
  assert.deepEqual(triedMs, [0, 5_000, 15_000, 35_000, 75_000, 155_000, 315_000, 615_000, 915_000]);
  assert.deepEqual(kept, ["good"]);
  refusing.clear();
  at.ms += 300_000;
  await look();
  assert.deepEqual(kept, ["good", "bad"]);
});
