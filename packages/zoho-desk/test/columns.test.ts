import assert from "node:assert/strict";
import { after, test } from "node:test";
import { isJsonObject } from "@deskmirror/model";
import type { Column, JsonObject } from "@deskmirror/model";
import { toCustomColumns } from "../src/columns/custom-fields.ts";
import { moduleOf, standardColumns } from "../src/columns/index.ts";
import { toColumns } from "../src/columns/words.ts";
import { STREAM_SPECS } from "../src/streams/index.ts";
import { asked, createWorld } from "./support/world.ts";

const world = await createWorld({ tickets: 30 });
after(() => world.desk.close());

/** Keys that are no columns: the contract's own, custom fields (told apart), and their deprecated copy. */
const apart = new Set(["id", "cf", "customFields"]);

const nameOf = ({ path }: Column): string => path.join(".");

for (const { name, core, detail, whole } of STREAM_SPECS) {
  test(`every key of the lists of ${name} is a column`, () => {
    const heads = new Set(standardColumns(name).map(({ path }) => path[0]));
    const keys = [...(core ?? []), ...detail, ...whole].filter((key) => !apart.has(key));
    assert.deepEqual(
      keys.filter((key) => !heads.has(key)),
      [],
    );
    assert.ok(standardColumns(name).length > 0);
    assert.equal(new Set(standardColumns(name).map(nameOf)).size, standardColumns(name).length, "each once");
  });
}

test("every value of a whole Desk is under a column", async () => {
  const parents = new Map<string, readonly string[]>();
  const missing = new Set<string>();
  for (const { name, parent } of STREAM_SPECS) {
    const { changes } = await world.readAll(name, parents.get(parent ?? "") ?? []);
    parents.set(name, [...changes.keys()]);
    const [first] = changes.values();
    const records = [...changes.values()].flatMap((change) => (change.op === "upsert" ? [change] : []));
    assert.ok(first !== undefined || ["ticket_attachments"].includes(name), name);
    for (const { core, detail } of records) findUncovered({ ...core?.data, ...detail?.data }, name, missing);
    const one = records.at(-1);
    if (one === undefined) continue;
    const got = await world.zoho.get(name, one.key, one.parentId, asked);
    findUncovered({ ...got.core?.data, ...got.detail?.data }, name, missing);
  }
  assert.deepEqual(
    [...missing].toSorted((left, right) => left.localeCompare(right)),
    [],
  );
});

/** Adds paths of scalars and lists that no column reads, ids of joined records aside: the record has them in keys of its own. */
function findUncovered(record: JsonObject, stream: string, missing: Set<string>): void {
  const columns = new Set(standardColumns(stream).map(nameOf));
  const ids = new Set(Object.keys(record).flatMap((key) => (key.endsWith("Id") ? [record[key]!] : [])));
  const walk = (value: JsonObject, above: readonly string[]): void => {
    for (const [key, inner] of Object.entries(value)) {
      if (above.length === 0 && apart.has(key)) continue;
      const path = [...above, key].join(".");
      if (columns.has(path) || inner === null) continue;
      if (isJsonObject(inner)) walk(inner, [...above, key]);
      else if (key !== "id" || !ids.has(inner)) missing.add(`${stream}: ${path}`);
    }
  };
  walk(record, []);
}

test("custom fields are told by the module's fields, with their types", async () => {
  const columns = await world.zoho.columns(["tickets", "archived_tickets", "teams", "ticket_time_entries"], asked);
  const custom = (columns.get("tickets") ?? []).filter(({ path }) => path[0] === "cf");
  assert.deepEqual(Object.fromEntries(custom.map(({ path, type }) => [path[1], type])), {
    cf_text_1: "text",
    cf_textarea_1: "text",
    cf_largetext_1: "text",
    cf_email_1: "text",
    cf_phone_1: "text",
    cf_fax_1: "text",
    cf_url_1: "text",
    cf_date_1: "date",
    cf_datetime_1: "time",
    cf_number_1: "integer",
    cf_percent_1: "number",
    cf_decimal_1: "number",
    cf_currency_1: "number",
    cf_picklist_1: "text",
    cf_multiselect_1: "text",
    cf_lookup_1: "text",
    cf_multilookup_1: "text",
    cf_autonumber_1: "text",
    cf_boolean_1: "boolean",
    cf_formula_1: "text",
  });
  assert.deepEqual(columns.get("archived_tickets"), columns.get("tickets"));
  assert.deepEqual(columns.get("teams"), standardColumns("teams"));
  assert.equal(columns.get("ticket_time_entries")?.filter(({ path }) => path[0] === "cf").length, 2);
});

test("each module is asked once, and streams without custom fields cost nothing", async () => {
  const count = (): number =>
    Object.values(world.desk.stats.snapshot().requests).reduce((sum, requests) => sum + requests, 0);
  const before = count();
  await world.zoho.columns(["tickets", "archived_tickets", "teams", "roles"], asked);
  assert.equal(count() - before, 1);
});

test("a module that may not be read leaves its streams out, and no other", async () => {
  const narrow = await createWorld({ tickets: 5 }, ["Desk.tickets.READ"]);
  const columns = await narrow.zoho.columns(["tickets", "teams"], asked);
  assert.deepEqual([...columns.keys()], ["teams"]);
  await narrow.desk.close();
});

test("custom fields of the deprecated path are known by their name; a field without one is none", () => {
  const fields: readonly JsonObject[] = [
    { apiName: "cf_a", type: "Multi-Select" },
    { apiName: "subject", type: "Text", isCustomField: false },
    { apiName: "b", type: "Date Time", isCustomField: "true" },
    { apiName: "cf_c" },
    { type: "Text", isCustomField: true },
  ];
  assert.deepEqual(toCustomColumns(fields), [
    { path: ["cf", "cf_a"], type: "text" },
    { path: ["cf", "b"], type: "time" },
    { path: ["cf", "cf_c"], type: "text" },
  ]);
});

test("words name types that there are", () => {
  assert.deepEqual(toColumns("a b.c:date"), [
    { path: ["a"], type: "text" },
    { path: ["b", "c"], type: "date" },
  ]);
  assert.throws(() => toColumns("a:datum"), /datum is no type/);
  assert.equal(moduleOf("teams"), null);
});
