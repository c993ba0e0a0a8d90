import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { DueSet } from "@deskmirror/redis";
import { uniqueName } from "./unique-name.ts";

/** What every set of due work does. */
export function dueSetContract(due: DueSet): void {
  test("due children are claimed once, newest first, and coalesce", async () => {
    const source = uniqueName();
    const at = (parentKey: string, dueMs: number) => ({ stream: "ticket_comments", parentKey, dueMs });
    await due.add(source, []);
    await due.add(source, [at("1", 100), at("2", 300), at("3 x", 200)]);
    await due.add(source, [at("1", 50), at("1", 400)]);
    assert.equal(await due.size(source), 3);
    const [first, second] = await Promise.all([due.claim(source, 2, 60_000), due.claim(source, 2, 60_000)]);
    assert.deepEqual([...first, ...second], [at("1", 400), at("2", 300), at("3 x", 200)]);
    assert.deepEqual(await due.claim(source, 9, 60_000), []);
    await due.done(source, at("2", 300));
    assert.equal(await due.size(source), 2);
  });

  test("what became due again while it was worked on stays due", async () => {
    const source = uniqueName();
    const one = { stream: "ticket_threads", parentKey: "7", dueMs: 100 };
    await due.add(source, [one]);
    await due.claim(source, 1, 60_000);
    await due.add(source, [{ ...one, dueMs: 200 }]);
    await due.done(source, one);
    assert.deepEqual(await due.claim(source, 1, 60_000), [{ ...one, dueMs: 200 }]);
  });

  test("what a process claimed and never finished can be claimed again", async () => {
    const source = uniqueName();
    const all = Array.from({ length: 30 }, (_, index) => ({ stream: "s", parentKey: String(index), dueMs: index }));
    await due.add(source, all);
    assert.equal((await due.claim(source, 25, 100)).length, 25);
    assert.equal((await due.claim(source, 25, 60_000)).length, 5);
    await sleep(120);
    assert.equal((await due.claim(source, 50, 60_000)).length, 25);
  });

  test("what was due is lost since the earliest time that was told, until it is found", async () => {
    const source = uniqueName();
    assert.deepEqual([await due.oldestMs(source), await due.lostSinceMs(source)], [null, null]);
    for (const dueMs of [300, 200]) await due.add(source, [{ stream: "s", parentKey: String(dueMs), dueMs }]);
    assert.equal(await due.oldestMs(source), 200);
    await due.lose(source, 100);
    await due.lose(source, 150.5);
    assert.deepEqual([await due.oldestMs(source), await due.lostSinceMs(source)], [100, 100]);
    await due.lose(source, 50);
    await due.found(source, 100);
    assert.equal(await due.lostSinceMs(source), 50);
    await due.found(source, 50);
    assert.deepEqual([await due.oldestMs(source), await due.lostSinceMs(source)], [200, null]);
  });
}
