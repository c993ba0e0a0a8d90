import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { test } from "node:test";
import fc from "fast-check";
import { createGroupCommit } from "../src/group-commit.ts";

function recorder(fail: (items: readonly number[]) => boolean = () => false) {
  const groups: (readonly number[])[] = [];
  let inFlight = 0;
  let mostInFlight = 0;
  return {
    groups,
    mostInFlight: () => mostInFlight,
    write: async (items: readonly number[]) => {
      mostInFlight = Math.max(mostInFlight, ++inFlight);
      groups.push(items);
      await setImmediate();
      inFlight--;
      if (fail(items)) throw new Error("full");
    },
  };
}

test("an item that finds nothing in flight is written at once and alone", async () => {
  const { groups, write } = recorder();
  const commit = createGroupCommit({ write, maxItems: 10, maxBytes: 100, size: () => 1 });
  const first = commit.add(1);
  assert.deepEqual(groups, [[1]]);
  await first;
  await commit.add(2);
  assert.deepEqual(groups, [[1], [2]]);
});

test("items that arrive while a write is in flight are written together, up to the caps", async () => {
  const { groups, write } = recorder();
  const commit = createGroupCommit({ write, maxItems: 3, maxBytes: 10, size: (item) => item });
  await Promise.all([1, 2, 2, 2, 2, 5, 5, 1, 99, 1].map((item) => commit.add(item)));
  assert.deepEqual(groups, [[1], [2, 2, 2], [2, 5], [5, 1], [99], [1]]);
});

test("every item of a group learns that its write failed, and the next group is written all the same", async () => {
  const { groups, write } = recorder((items) => items.includes(2));
  const commit = createGroupCommit({ write, maxItems: 2, maxBytes: 100, size: () => 1 });
  const ends = await Promise.allSettled([1, 2, 3, 4].map((item) => commit.add(item)));
  assert.deepEqual(groups, [[1], [2, 3], [4]]);
  assert.deepEqual(
    ends.map(({ status }) => status),
    ["fulfilled", "rejected", "rejected", "fulfilled"],
  );
});

test("drain waits for what is in flight and what is waiting", async () => {
  const { groups, write } = recorder();
  const commit = createGroupCommit({ write, maxItems: 1, maxBytes: 100, size: () => 1 });
  const adds = [1, 2, 3].map((item) => commit.add(item));
  await commit.drain();
  assert.equal(groups.length, 3);
  await Promise.all(adds);
  await commit.drain();
});

test("whatever the sizes and caps, every item is written once, in order, within the caps, one write at a time", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 50 })),
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 1, max: 60 }),
      async (items, maxItems, maxBytes) => {
        const { groups, write, mostInFlight } = recorder();
        const commit = createGroupCommit({ write, maxItems, maxBytes, size: (item) => item });
        await Promise.all(items.map((item) => commit.add(item)));
        assert.deepEqual(groups.flat(), items);
        assert.ok(mostInFlight() <= 1);
        for (const group of groups) {
          const bytes = group.reduce((sum, item) => sum + item, 0);
          assert.ok(group.length <= maxItems && (bytes <= maxBytes || group.length === 1), JSON.stringify(group));
        }
      },
    ),
    { numRuns: 200 },
  );
});
