import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { DueSet } from "@deskmirror/redis";
import { uniqueName } from "./unique-name.ts";

/** What every set of due work does. */
export function dueSetContract(due: DueSet): void {
  test("due children are claimed once, newest first, and coalesce", async () => {
    const source = uniqueName();
    await due.add(source, []);
    for (const parentKey of ["1", "3 x", "2", "1"]) {
      await due.add(source, [{ stream: "ticket_comments", parentKey }]);
      await sleep(2);
    }
    assert.equal(await due.size(source), 3);
    const claimed = (await Promise.all([due.claim(source, 2, 60_000), due.claim(source, 2, 60_000)])).flat();
    assert.deepEqual(
      claimed.map(({ stream, parentKey }) => `${stream} ${parentKey}`),
      ["ticket_comments 1", "ticket_comments 2", "ticket_comments 3 x"],
    );
    assert.deepEqual(await due.claim(source, 9, 60_000), []);
    await due.done(source, claimed[1]!);
    assert.equal(await due.size(source), 2);
  });

  test("what became due again while it was worked on stays due", async () => {
    const source = uniqueName();
    const children = { stream: "ticket_threads", parentKey: "7" };
    await due.add(source, [children]);
    const [first] = await due.claim(source, 1, 60_000);
    // At once, within the same millisecond too.
    await due.add(source, [children]);
    await due.done(source, first!);
    const [second] = await due.claim(source, 1, 60_000);
    assert.deepEqual(second, { ...children, dueMs: second!.dueMs });
    assert.ok(second.dueMs > first!.dueMs);
    await due.done(source, second);
    assert.equal(await due.size(source), 0);
  });

  test("what a process claimed and never finished can be claimed again", async () => {
    const source = uniqueName();
    const all = Array.from({ length: 30 }, (_, index) => ({ stream: "s", parentKey: String(index) }));
    await due.add(source, all);
    assert.equal((await due.claim(source, 25, 100)).length, 25);
    assert.equal((await due.claim(source, 25, 60_000)).length, 5);
    await sleep(120);
    assert.equal((await due.claim(source, 50, 60_000)).length, 25);
  });

  test("what was due is lost since the earliest time that was told, until it is found", async () => {
    const source = uniqueName();
    assert.deepEqual([await due.oldestMs(source), await due.lostSinceMs(source)], [null, null]);
    for (const parentKey of ["1", "2"]) await due.add(source, [{ stream: "s", parentKey }]);
    const [, older] = await due.claim(source, 2, 60_000);
    assert.equal(await due.oldestMs(source), older!.dueMs);
    await due.lose(source, 100);
    await due.lose(source, 150.5);
    assert.deepEqual([await due.oldestMs(source), await due.lostSinceMs(source)], [100, 100]);
    await due.lose(source, 50);
    await due.found(source, 100);
    assert.equal(await due.lostSinceMs(source), 50);
    await due.found(source, 50);
    assert.deepEqual([await due.oldestMs(source), await due.lostSinceMs(source)], [older!.dueMs, null]);
  });
}
