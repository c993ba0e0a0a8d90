import assert from "node:assert/strict";
import { test } from "node:test";
import type { Change } from "@deskmirror/model";
import { batch, tombstone, upsert } from "./changes.ts";
import type { Contents } from "./contents.ts";

/** How changes become a row. */
export function rowTests({ sink, prepared, rowOf }: Contents): void {
  test("core, detail and life go their own ways into one row", async () => {
    const { tickets } = await prepared();
    const listed = upsert("1", {
      modifiedMs: 20,
      core: { id: "1", subject: "new" },
      detail: { note: "cut" },
      provisional: true,
      parentId: "p",
    });
    const got = upsert("1", {
      origin: "get",
      modifiedMs: 10,
      core: { id: "1", subject: "old" },
      detail: { note: "whole", extra: null },
    });
    const first = await sink().write(batch(tickets, listed));
    assert.deepEqual(first, { outcomes: ["applied"], changedKeys: ["1"], doubts: 0, restored: 0 });
    assert.deepEqual((await rowOf(tickets, "1")).data, { id: "1", subject: "new", note: "cut" });
    const second = await sink().write(batch(tickets, got));
    assert.deepEqual(second.outcomes, ["applied"]);
    assert.deepEqual(await rowOf(tickets, "1"), {
      key: "1",
      parentId: "p",
      data: { id: "1", subject: "new", note: "whole", extra: null },
      versions: { core: listed.core?.version, detail: got.detail?.version, life: listed.life },
      modifiedMs: 20,
      deletedMs: null,
    });
    const third = await sink().write(
      batch(tickets, upsert("1", { modifiedMs: 15, core: { id: "1", subject: "between" } })),
    );
    assert.deepEqual(third, { outcomes: ["superseded"], changedKeys: [], doubts: 0, restored: 0 });
  });

  test("rows that come back from a tombstone are counted, those that die or stay are not", async () => {
    const { tickets } = await prepared();
    const alive = (key: string, atMs: number) => upsert(key, { modifiedMs: atMs, core: { id: key } });
    const restored = async (...changes: readonly Change[]) => (await sink().write(batch(tickets, ...changes))).restored;
    assert.equal(await restored(alive("1", 1), alive("2", 1), tombstone("3", 1)), 0);
    assert.equal(await restored(tombstone("1", 2), alive("2", 2)), 0);
    assert.equal(await restored(alive("1", 1), alive("3", 2), alive("2", 3)), 1);
    assert.equal(await restored(alive("1", 3), alive("3", 3)), 1);
  });

  test("a key that a newer register lacks is cleared", async () => {
    const { tickets } = await prepared();
    await sink().write(
      batch(tickets, upsert("1", { modifiedMs: 1, core: { id: "1", subject: "x" }, detail: { note: "n", gone: 1 } })),
    );
    await sink().write(batch(tickets, upsert("1", { modifiedMs: 2, core: { id: "1" } })));
    assert.deepEqual((await rowOf(tickets, "1")).data, { id: "1", note: "n", gone: 1 });
    await sink().write(batch(tickets, upsert("1", { modifiedMs: 3, detail: { note: "m" } })));
    assert.deepEqual((await rowOf(tickets, "1")).data, { id: "1", note: "m" });
  });

  test("a stream without detail keeps its record whole", async () => {
    const { teams } = await prepared();
    await sink().write(batch(teams, upsert("1", { modifiedMs: 1, core: { id: "1", any: [1], key: 2 } })));
    await sink().write(batch(teams, upsert("1", { modifiedMs: 2, core: { id: "1", other: {} } })));
    assert.deepEqual((await rowOf(teams, "1")).data, { id: "1", other: {} });
    assert.deepEqual(await sink().detailDue(teams, 10), []);
  });

  test("a tombstone keeps the last data, and comes before the record it deletes", async () => {
    const { tickets } = await prepared();
    await sink().write(batch(tickets, tombstone("1", 50)));
    assert.deepEqual(await rowOf(tickets, "1").then(({ data, deletedMs }) => ({ data, deletedMs })), {
      data: null,
      deletedMs: 50,
    });
    await sink().write(batch(tickets, upsert("1", { modifiedMs: 40, core: { id: "1" } })));
    assert.deepEqual(await rowOf(tickets, "1").then(({ data, deletedMs }) => ({ data, deletedMs })), {
      data: { id: "1" },
      deletedMs: 50,
    });
    await sink().write(batch(tickets, upsert("1", { modifiedMs: 60, core: { id: "1" } })));
    assert.equal((await rowOf(tickets, "1")).deletedMs, null);
  });

  test("times keep their milliseconds", async () => {
    const { tickets } = await prepared();
    const seen = { modifiedMs: 1_799_999_999_999, core: { id: "1" }, aliveMs: 1 };
    await sink().write(batch(tickets, upsert("1", seen), tombstone("1", 1_777_777_777_001)));
    const { modifiedMs, deletedMs } = await rowOf(tickets, "1");
    assert.deepEqual([modifiedMs, deletedMs], [1_799_999_999_999, 1_777_777_777_001]);
  });

  test("equal content in a newer version leaves the time of the last change alone", async () => {
    const { tickets } = await prepared();
    const seen = { core: { id: "1", subject: "a\0b" }, detail: { note: { y: 1, x: [2] } } };
    await sink().write(batch(tickets, upsert("1", { ...seen, modifiedMs: 1 })));
    const { lastChangeMs } = await sink().count(tickets);
    await new Promise((resolve) => setTimeout(resolve, 5));
    const same = { core: { subject: "a\0b", id: "1" }, detail: { note: { x: [2], y: 1 } } };
    const result = await sink().write(batch(tickets, upsert("1", { ...same, modifiedMs: 2 })));
    assert.deepEqual(result, { outcomes: ["applied"], changedKeys: [], doubts: 0, restored: 0 });
    assert.equal((await sink().count(tickets)).lastChangeMs, lastChangeMs);
    assert.equal((await rowOf(tickets, "1")).modifiedMs, 2);
    const changed = await sink().write(batch(tickets, tombstone("1", 9)));
    assert.deepEqual(changed.changedKeys, ["1"]);
    assert.ok((await sink().count(tickets)).lastChangeMs! > lastChangeMs!);
  });

  test("rows that changed here after a time are found, tombstones too, in key order", async () => {
    const { tickets } = await prepared();
    const early = ["1", "2", "3"].map((key) => upsert(key, { modifiedMs: 1, core: { id: key } }));
    await sink().write(batch(tickets, ...early));
    const changedAfterMs = (await sink().count(tickets)).lastChangeMs! + 1;
    await new Promise((resolve) => setTimeout(resolve, 10));
    await sink().write(batch(tickets, tombstone("1", 9), upsert("2", { modifiedMs: 2, core: { id: "2" } })));
    await sink().write(batch(tickets, upsert("3", { modifiedMs: 2, core: { id: "3", subject: "new" } })));
    const keys = async (query: object): Promise<readonly string[]> =>
      (await sink().rows(tickets, { changedAfterMs, limit: 9, ...query })).map(({ key }) => key);
    assert.deepEqual(
      [await keys({}), await keys({ limit: 1 }), await keys({ after: "1" })],
      [["1", "3"], ["1"], ["3"]],
    );
    assert.deepEqual(await keys({ changedAfterMs: Date.now() + 60_000 }), []);
  });
}
