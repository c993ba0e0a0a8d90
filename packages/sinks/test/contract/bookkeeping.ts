import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigError, FencedError } from "@deskmirror/model";
import { batch, refetch, testTables, tombstone, upsert } from "./changes.ts";
import type { Contents } from "./contents.ts";

/** What is kept beside the rows. */
export function bookkeepingTests({ sink, prepared, doubtsOf }: Contents): void {
  test("state is written with rows, and a smaller epoch writes neither rows nor doubts", async () => {
    const { tickets, teams } = await prepared();
    const state = { watermarkMs: 1_800_000_000_123, progress: { at: ["x", 1, "nul \uFFFD"] }, epoch: 7 };
    const none = { watermarkMs: null, progress: {}, epoch: 0 };
    await sink().write({ ...batch(tickets), state });
    assert.deepEqual((await sink().states(tickets.source)).get("tickets"), state);
    assert.deepEqual((await sink().states(tickets.source)).get("agents"), none);
    const change = upsert("1", { modifiedMs: 1, core: { id: "1" } });
    const late = { ...batch(tickets, change, refetch("2")), state: { ...none, epoch: 6 } };
    await assert.rejects(sink().write(late), FencedError);
    assert.deepEqual(await sink().rowsByKey(tickets, ["1"]), []);
    assert.deepEqual(await doubtsOf(tickets), []);
    assert.deepEqual((await sink().states(tickets.source)).get("tickets"), state);
    await sink().write({ ...batch(tickets, change), state: { ...state, watermarkMs: null } });
    assert.equal((await sink().states(tickets.source)).get("tickets")?.watermarkMs, null);
    assert.equal((await sink().rowsByKey(tickets, ["1"])).length, 1);
    assert.equal((await sink().states(teams.source)).size, 3);
    assert.equal((await sink().states("nobody")).size, 0);
  });

  test("a sink is intact as long as it has the tables that were prepared", async () => {
    const tables = Object.values(await prepared());
    assert.equal(await sink().isIntact(tables), true);
    assert.equal(await sink().isIntact([]), true);
    assert.equal(await sink().isIntact(Object.values(testTables("never_prepared"))), false);
  });

  test("a source made again keeps its tables when the organization is the same", async () => {
    const { tickets } = await prepared();
    const { source } = tickets;
    await sink().write(batch(tickets, tombstone("1", 1)));
    await sink().prepare([tickets], { source, orgId: "org" });
    assert.equal((await sink().count(tickets)).deleted, 1);
    await assert.rejects(sink().prepare([tickets], { source, orgId: "other" }), ConfigError);
    await assert.rejects(sink().prepare([], { source, orgId: "other" }), ConfigError);
  });

  test("a name without tables may go to another organization", async () => {
    const { tickets } = testTables("mistyped");
    await sink().prepare([], { source: "mistyped", orgId: "wrong" });
    await sink().prepare([tickets], { source: "mistyped", orgId: "right" });
    await assert.rejects(sink().prepare([], { source: "mistyped", orgId: "wrong" }), ConfigError);
  });

  test("names that could be no schema are refused", async () => {
    for (const source of ["", "1a", "Acme", "a".repeat(32), "pg_x", "sqlite_x", "public", "main", 'a"; drop', "a-b"]) {
      await assert.rejects(sink().prepare([], { source, orgId: "org" }), ConfigError, source);
    }
    const owner = { source: "mine", orgId: "org" };
    const { tickets } = testTables("mine");
    await assert.rejects(sink().prepare([{ ...tickets, stream: 'x" (a int); --' }], owner), ConfigError);
    await assert.rejects(sink().prepare([{ ...tickets, source: "yours" }], owner), ConfigError);
  });

  test("the vault keeps sealed texts by name", async () => {
    await sink().vault.put("a", "1");
    await sink().vault.put("b", "2");
    await sink().vault.put("a", "3");
    await sink().vault.remove("b");
    await sink().vault.remove("never there");
    assert.deepEqual(await sink().vault.all(), new Map([["a", "3"]]));
  });
}
