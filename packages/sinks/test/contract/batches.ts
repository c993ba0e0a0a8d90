import assert from "node:assert/strict";
import { test } from "node:test";
import { PermanentError } from "@deskmirror/model";
import type { Sink } from "@deskmirror/model";
import { batch, tombstone, upsert } from "./changes.ts";
import type { Contents } from "./contents.ts";

/** Batches and reads of every kind. */
export function batchTests({ sink, prepared, rowOf }: Contents): void {
  test("rows come in key order, by parent, after a key, and tombstones when asked for", async () => {
    const { tickets } = await prepared();
    const keys = ["10", "9", "B", "a", "é", "\uFB00", "\u{1F600}"];
    const changes = keys.map((key) =>
      upsert(key, { modifiedMs: 1, core: { id: key }, parentId: key < "a" ? "p" : "q" }),
    );
    await sink().write(batch(tickets, ...changes.toReversed(), tombstone("9", 30), tombstone("d", 40)));
    const keysOf = async (query: Parameters<Sink["rows"]>[1]): Promise<readonly string[]> =>
      (await sink().rows(tickets, query)).map(({ key }) => key);
    assert.deepEqual(
      await keysOf({ limit: 9 }),
      keys.filter((key) => key !== "9"),
    );
    assert.deepEqual(await keysOf({ limit: 2, after: "10" }), ["B", "a"]);
    assert.deepEqual(await keysOf({ limit: 9, parentId: "p" }), ["10", "B"]);
    assert.deepEqual(await keysOf({ limit: 9, deletedAfterMs: 0 }), ["9", "d"]);
    assert.deepEqual(await keysOf({ limit: 9, deletedAfterMs: 30 }), ["d"]);
    assert.deepEqual(
      (await sink().rowsByKey(tickets, ["d", "9", "nobody"])).map(({ key }) => key),
      ["9", "d"],
    );
  });

  test("nothing that Zoho may send is poison for its encoding", async () => {
    const { tickets } = await prepared();
    const core = { id: "9223372036854775808", subject: "a\0b\ud800c\\u0000" };
    await sink().write(
      batch(
        tickets,
        upsert("9223372036854775808", { modifiedMs: 1, core, parentId: "p\0" }),
        tombstone("k\0\udfff", 1),
      ),
    );
    const row = await rowOf(tickets, "9223372036854775808");
    assert.deepEqual(row.data, { id: "9223372036854775808", subject: "a\uFFFDb\uFFFDc\\u0000" });
    assert.equal(row.parentId, "p\uFFFD");
    assert.equal((await rowOf(tickets, "k\uFFFD\uFFFD")).deletedMs, 1);
  });

  test("a change that can never be stored is refused with its batch, and alone; the others go", async () => {
    const { tickets } = await prepared();
    const good = upsert("1", { modifiedMs: 1, core: { id: "1" } });
    const poison = upsert("x".repeat(5_000), { modifiedMs: 1, core: { id: "2" } });
    await assert.rejects(sink().write(batch(tickets, good, poison)), PermanentError);
    assert.deepEqual(await sink().rows(tickets, { limit: 9 }), []);
    await assert.rejects(sink().write(batch(tickets, poison)), PermanentError);
    await assert.rejects(sink().write(batch(tickets, tombstone("", 1))), PermanentError);
    assert.deepEqual((await sink().write(batch(tickets, good))).outcomes, ["applied"]);
  });

  test("an empty batch and a very large one are written", async () => {
    const { tickets } = await prepared();
    assert.deepEqual(await sink().write(batch(tickets)), { outcomes: [], changedKeys: [], doubts: 0, restored: 0 });
    const changes = Array.from({ length: 5_000 }, (_, index) =>
      upsert(String(1e15 + index), {
        modifiedMs: index + 1,
        core: { id: String(index) },
        detail: { text: "x".repeat(300) },
      }),
    );
    const result = await sink().write(batch(tickets, ...changes));
    assert.equal(result.changedKeys.length, 5_000);
    assert.deepEqual(result.changedKeys, result.changedKeys.toSorted());
    assert.equal((await sink().count(tickets)).rows, 5_000);
  });
}
