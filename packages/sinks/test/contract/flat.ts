import assert from "node:assert/strict";
import { test } from "node:test";
import { PermanentError } from "@deskmirror/model";
import type { Column, JsonObject } from "@deskmirror/model";
import { batch, tombstone, upsert } from "./changes.ts";
import type { Contents } from "./contents.ts";
import { FITTING, MISFITS } from "./flat-values.ts";

const column = (name: string, type: Column["type"]): Column => ({ path: name.split("."), type });

/** What the flat view of a table shows of its documents. */
export function flatTests({ sink, prepared, flatOf }: Contents): void {
  test("a flat view shows every field as a column, tombstones too, and no document", async () => {
    const { tickets } = await prepared();
    await sink().shape(tickets, [
      column("subject", "text"),
      column("photoURL", "text"),
      column("contact.account.accountName", "text"),
      column("threadCount", "integer"),
      column("cf.cf_price", "number"),
      column("sharedDepartments", "text"),
      column("contact", "text"),
    ]);
    const detail: JsonObject = {
      photoURL: "https://x",
      contact: { account: { accountName: "Zylker" } },
      threadCount: "7",
      cf: { cf_price: "12.50", cf_other: "x" },
      sharedDepartments: ["a", 5, true, null, "b|c"],
    };
    const seen = { modifiedMs: 1_800_000_000_123, core: { id: "1", subject: "Grüße" }, detail, parentId: "p" };
    await sink().write(batch(tickets, upsert("1", { ...seen, aliveMs: 1 }), tombstone("1", 2_000), tombstone("2", 3)));
    const [row, gone] = await flatOf(tickets);
    assert.ok(row !== undefined && gone !== undefined);
    const { _synced_at: syncedMs, contact, ...rest } = row;
    assert.ok(Math.abs(Number(syncedMs) - Date.now()) < 60_000);
    assert.deepEqual(JSON.parse(String(contact)), detail["contact"], "what is no scalar is shown as JSON");
    assert.deepEqual(rest, {
      id: "1",
      _parent_id: "p",
      _modified_at: 1_800_000_000_123,
      _deleted_at: 2_000,
      _misfits: 0,
      subject: "Grüße",
      photo_url: "https://x",
      contact_account_account_name: "Zylker",
      thread_count: 7,
      cf_price: 12.5,
      shared_departments: "a|5|true|b|c",
    });
    assert.deepEqual([gone["id"], gone["_deleted_at"], gone["subject"], gone["_misfits"]], ["2", 3, null, 0]);
  });

  for (const [type, values] of Object.entries(FITTING)) {
    test(`values of type ${type} are read as they are meant`, async () => {
      const { teams } = await prepared();
      await sink().shape(teams, [column("v", type as Column["type"])]);
      const changes = values.map(([value], index) =>
        upsert(String(100 + index), { modifiedMs: 1, core: value === undefined ? {} : { v: value } }),
      );
      await sink().write(batch(teams, ...changes));
      const rows = await flatOf(teams);
      rows.forEach(({ v, _misfits: misfits }, index) => {
        const [value, expected] = values[index]!;
        assert.equal(isBoolean(type) ? toBoolean(v) : v, expected, JSON.stringify(value));
        assert.equal(misfits, 0, JSON.stringify(value));
      });
      assert.equal(rows.length, values.length);
    });
  }

  for (const [type, values] of Object.entries(MISFITS)) {
    test(`a value that is no ${type} reads as NULL, is counted, and hides no row`, async () => {
      const { teams } = await prepared();
      await sink().shape(teams, [column("v", type as Column["type"]), column("w", "integer"), column("t", "text")]);
      const changes = values.map((value, index) =>
        upsert(String(100 + index), { modifiedMs: 1, core: { v: value, w: index % 2 === 0 ? "x" : 5, t: "stays" } }),
      );
      await sink().write(batch(teams, ...changes));
      const rows = await flatOf(teams);
      rows.forEach(({ v, w, t, _misfits: misfits }, index) => {
        const expected = index % 2 === 0 ? [null, null, "stays", 2] : [null, 5, "stays", 1];
        assert.deepEqual([v, w, t, misfits], expected, JSON.stringify(values[index]));
      });
      assert.equal(rows.length, values.length);
    });
  }

  test("names that collide get a number in order of API name, the contract's own first", async () => {
    const { teams } = await prepared();
    const names = ["fooBar", "foo_bar", "FooBar", "id", "_misfits", "data", "_version"];
    await sink().shape(
      teams,
      names.map((name) => column(name, "text")),
    );
    const record = Object.fromEntries(names.map((name) => [name, `of ${name}`]));
    await sink().write(batch(teams, upsert("1", { modifiedMs: 1, core: record })));
    const [row] = await flatOf(teams);
    const shown = Object.entries(row ?? {}).filter(([, value]) => String(value).startsWith("of "));
    assert.deepEqual(Object.fromEntries(shown), {
      foo_bar: "of FooBar",
      foo_bar_2: "of fooBar",
      foo_bar_3: "of foo_bar",
      id_2: "of id",
      _misfits_2: "of _misfits",
      data: "of data",
      _version_2: "of _version",
    });
    assert.deepEqual([row?.["id"], row?.["_misfits"]], ["1", 0]);
  });

  test("API names of any kind are columns, and no SQL", async () => {
    const { teams } = await prepared();
    const names = [
      "it's",
      "a.b",
      "back\\slash",
      'double"quote',
      "select",
      "größe",
      "名前",
      "$1",
      "?",
      "x); drop table teams; --",
      `long_${"ä".repeat(60)}`,
    ];
    await sink().shape(
      teams,
      names.map((name) => ({ path: ["cf", name], type: "text" }) as const),
    );
    const cf = Object.fromEntries(names.map((name) => [name, `of ${name}`]));
    await sink().write(batch(teams, upsert("1", { modifiedMs: 1, core: { cf } })));
    const [row] = await flatOf(teams);
    const values = Object.values(row ?? {}).map(String);
    assert.deepEqual(values.filter((value) => value.startsWith("of ")).toSorted(), Object.values(cf).toSorted());
    for (const name of Object.keys(row ?? {})) assert.ok(Buffer.byteLength(name) <= 63, name);
  });

  test("a field that is added, retyped, removed changes the columns, and no row", async () => {
    const { teams } = await prepared();
    const core = { name: "n", cf: { cf_a: "5", cf_b: "later" } };
    await sink().write(batch(teams, upsert("1", { modifiedMs: 1, core })));
    const shapes: readonly [readonly Column[], JsonObject][] = [
      [[column("name", "text")], { name: "n" }],
      [[column("name", "text"), column("cf.cf_a", "text")], { name: "n", cf_a: "5" }],
      [[column("name", "text"), column("cf.cf_a", "integer")], { name: "n", cf_a: 5 }],
      [
        [column("cf.cf_b", "text"), column("name", "text"), column("cf.cf_a", "integer")],
        { cf_b: "later", name: "n", cf_a: 5 },
      ],
      [[column("name", "text"), column("cf.cf_b", "date")], { name: "n", cf_b: null }],
      [[], {}],
    ];
    for (const [columns, expected] of shapes) {
      assert.deepEqual(await sink().shape(teams, columns), []);
      assert.deepEqual(await sink().shape(teams, columns), [], "again");
      const [row] = await flatOf(teams);
      const {
        id: _1,
        _parent_id: _2,
        _modified_at: _3,
        _deleted_at: _4,
        _synced_at: _5,
        _misfits: _6,
        ...fields
      } = row!;
      assert.deepEqual(fields, expected);
      const known = (await sink().shapes(teams.source)).get("teams") ?? [];
      assert.deepEqual(
        known.map(({ path }) => path.join(".")).toSorted(),
        columns.map(({ path }) => path.join(".")).toSorted(),
      );
    }
  });

  test("only tables that were prepared have a shape, and none before it is given", async () => {
    const { teams } = await prepared();
    assert.deepEqual([...(await sink().shapes(teams.source))], []);
    await assert.rejects(sink().shape({ ...teams, stream: "nothing" }, []), PermanentError);
  });
}

const isBoolean = (type: string): boolean => type === "boolean";

/** SQLite has no boolean of its own. */
function toBoolean(value: unknown): unknown {
  return value === 1 ? true : value === 0 ? false : value;
}
