import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { tableNames } from "@deskmirror/desk-emulator";
import type { StoreRecord, TableName } from "@deskmirror/desk-emulator";
import type { Change } from "@deskmirror/model";
import { specOf } from "../src/scopes.ts";
import { STREAMS } from "../src/streams/index.ts";
import { asked, createWorld } from "./support/world.ts";
import type { Read, World } from "./support/world.ts";

let world: World;
before(async () => {
  world = await createWorld({ tickets: 120 });
  const { store } = world.desk;
  const [archived, trashed] = live("tickets");
  store.archive(archived!.key);
  store.delete("tickets", trashed!.key);
});
after(() => world.desk.close());

/** The records of a table that its lists show. */
function live(table: TableName): readonly StoreRecord[] {
  const { store } = world.desk;
  return [...store.records(table)].filter(({ deleted, archived, parentId }) => {
    const underArchived = specOf(table).parent === "tickets" && store.record("tickets", parentId!)?.archived === true;
    // Agents have fields but no layouts (Zoho Desk OAS, Layout.json).
    if (table === "layouts" && parentId === "agents") return false;
    return !deleted && !underArchived && archived === (table === "archived_tickets");
  });
}

function parentsOf(table: TableName): readonly string[] {
  const { parent } = specOf(table);
  return parent === null || parent === "module" ? [] : live(parent as TableName).map(({ key }) => key);
}

const reads = new Map<TableName, Promise<Read>>();
function readOf(table: TableName): Promise<Read> {
  let read = reads.get(table);
  if (read === undefined) reads.set(table, (read = world.readAll(table, parentsOf(table))));
  return read;
}

test("the streams are the thirty tables of the contract, parents first", () => {
  assert.deepEqual(STREAMS.map(({ name }) => name).toSorted(), [...tableNames].toSorted());
  const seen = new Set<string>(["module"]);
  for (const { name, parent } of STREAMS) {
    assert.ok(parent === null || seen.has(parent), `${name} comes before ${parent}`);
    seen.add(name);
  }
});

for (const table of tableNames) {
  test(`${table} is read whole, each record once, and no row needs asking for`, async () => {
    const { changes, distinct, shortfalls } = await readOf(table);
    assert.deepEqual(shortfalls, []);
    const expected = live(table);
    assert.ok(expected.length > 0, "the emulator has none");
    assert.equal(distinct, expected.length);
    assert.equal(changes.size, expected.length);
    const ids = [...changes.values()].map(({ op }) => op);
    assert.deepEqual([...new Set(ids)], ["upsert"]);
    const { parent } = specOf(table);
    for (const { parentId } of changes.values()) assert.equal(parentId === null, parent === null);
  });

  test(`a GET of ${table} agrees with its list or search in every compared key`, async () => {
    const { changes } = await readOf(table);
    for (const listed of [...changes.values()].slice(0, 3)) {
      const got = await world.zoho.get(table, listed.key, listed.parentId, asked);
      assert.equal(got.op, "upsert");
      assert.deepEqual([got.key, got.parentId], [listed.key, listed.parentId]);
      assert.equal(coreHash(got), coreHash(listed), `${table} ${listed.key} differs`);
      assert.equal(got.op === "upsert" && got.modifiedMs, listed.op === "upsert" && listed.modifiedMs);
      assert.equal(got.op === "upsert" && got.detail === null, specOf(table).core === null);
    }
    assert.equal(world.zoho.absentKeys(table).size, 0);
  });
}

function coreHash(change: Change): string {
  assert.ok(change.op === "upsert" && change.core !== null);
  return change.core.version.slice(32, 48);
}

for (const table of ["tickets", "departments", "agents", "roles", "profiles", "contracts", "articles"] as const) {
  test(`${table} has a count of its own that agrees with its records`, async () => {
    assert.equal(await world.zoho.count(table, asked), live(table).length);
  });
}

test("a searched table without a count endpoint is counted by its search, others not at all", async () => {
  assert.equal(await world.zoho.count("contacts", asked), live("contacts").length);
  assert.equal(await world.zoho.count("channels", asked), null);
});

test("the emulator saw no unknown parameter and no value out of range", () => {
  const { breaches } = world.desk.stats.snapshot();
  assert.deepEqual(
    [breaches.unknownParameter, breaches.outOfRange],
    [
      { count: 0, examples: [] },
      { count: 0, examples: [] },
    ],
  );
});

test("a table that is polled has no events or no query for what was modified", () => {
  const polled = STREAMS.filter((stream) => stream.polled).map(({ name }) => name);
  assert.deepEqual(
    polled.toSorted(),
    tableNames
      .filter((name) => !name.startsWith("ticket_") || name === "ticket_tags" || name === "ticket_templates")
      .filter((name) => !["tickets", "contacts", "accounts", "tasks", "calls", "events", "articles"].includes(name))
      .toSorted(),
  );
});
