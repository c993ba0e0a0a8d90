import assert from "node:assert/strict";
import { test } from "node:test";
import { buildInsert, buildLock, buildUpdate, toInput } from "../src/postgres/upsert-sql.ts";
import { testTables, tombstone, upsert } from "./contract/changes.ts";

const tables = testTables("acme");
const tickets = { ...tables.tickets, mode: "document" } as const;
const teams = { ...tables.teams, mode: "document" } as const;

test("rows are locked and inserted in key order", () => {
  assert.match(buildLock(tickets), /from "acme"\."tickets" where id = any\(\$1::text\[\]\) order by id for update$/);
  assert.match(buildInsert(tickets), /order by id\non conflict \(id\) do nothing/);
});

test("core keys are picked and removed only where the stream has detail", () => {
  assert.match(buildUpdate(tickets), /- \$10::text\[\]/);
  assert.doesNotMatch(buildUpdate(teams), /\$10/);
});

test("a batch of any size has one array for each column", () => {
  const change = upsert("1", { modifiedMs: 5, core: { id: "1\0", text: "a\nb" }, parentId: "p" });
  const input = toInput(tickets, [change, tombstone("2", 7)]);
  assert.equal(input.length, 9);
  assert.deepEqual(input.slice(0, 5), [
    ["1", "2"],
    ["p", null],
    [5, null],
    [null, 7],
    '{"id":"1\uFFFD","text":"a\\nb"}\n',
  ]);
});
