import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Gaps } from "@deskmirror/redis";
import { uniqueName } from "./unique-name.ts";

/** What everything that keeps gaps does. */
export function gapsContract(gaps: Gaps): void {
  test("gaps of one reason are one gap, from the earliest time, until a reading that began after the last of them", async () => {
    const source = uniqueName();
    await gaps.open(source, "413 answered", 2_000);
    await gaps.open(source, "413 answered", 1_000);
    await gaps.open(source, "413 answered", 1_500);
    await gaps.open(source, "ingest down", 3_000);
    const open = [
      { fromMs: 3_000, toMs: null, reason: "ingest down", state: "open" },
      { fromMs: 1_000, toMs: null, reason: "413 answered", state: "open" },
    ];
    assert.deepEqual(await gaps.list(source), open);
    await gaps.close(source, Date.now() - 60_000);
    assert.deepEqual(await gaps.list(source), open);
    await sleep(5);
    const beforeMs = Date.now();
    await gaps.close(source, beforeMs);
    await gaps.open(source, "413 answered", 4_000);
    assert.deepEqual(await gaps.list(source), [
      { fromMs: 4_000, toMs: null, reason: "413 answered", state: "open" },
      { fromMs: 3_000, toMs: beforeMs, reason: "ingest down", state: "closed" },
      { fromMs: 1_000, toMs: beforeMs, reason: "413 answered", state: "closed" },
    ]);
  });
}
