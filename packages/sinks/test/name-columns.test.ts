import assert from "node:assert/strict";
import { test } from "node:test";
import type { Column } from "@deskmirror/model";
import { extendColumns } from "../src/flat/extend-columns.ts";
import { nameColumns, toSnakeCase } from "../src/flat/name-columns.ts";

const text = (...paths: readonly string[]): readonly Column[] =>
  paths.map((path) => ({ path: path.split("."), type: "text" }));

const namesOf = (columns: readonly Column[]): readonly string[] => nameColumns(columns).map(({ name }) => name);

for (const [key, name] of [
  ["subject", "subject"],
  ["photoURL", "photo_url"],
  ["zohoCRMContact", "zoho_crm_contact"],
  ["associatedSLAIds", "associated_sla_ids"],
  ["i18NLabel", "i18n_label"],
  ["address2Line", "address2_line"],
  ["isOverDue", "is_over_due"],
  ["previewurl", "previewurl"],
  ["cf_shop_url_1", "cf_shop_url_1"],
  ["cf-Größe (cm)", "cf_größe_cm_"],
] as const) {
  test(`${key} becomes ${name}`, () => assert.equal(toSnakeCase(key), name));
}

test("keys of nested objects are joined, and cf is left out before its fields", () => {
  const columns = text("contact.account.accountName", "cf.cf_color", "cf.size", "cf");
  assert.deepEqual(namesOf(columns), ["contact_account_account_name", "cf_color", "cf_size", "cf"]);
});

test("names that collide are numbered in order of API name, whatever order they are given in", () => {
  const columns = text("fooBar", "foo_bar", "foo.bar", "foo_bar_2");
  const expected = new Map([
    ["foo.bar", "foo_bar"],
    ["fooBar", "foo_bar_2"],
    ["foo_bar", "foo_bar_3"],
    ["foo_bar_2", "foo_bar_2_2"],
  ]);
  for (const given of [columns, columns.toReversed()]) {
    assert.deepEqual(new Map(nameColumns(given).map(({ path, name }) => [path.join("."), name])), expected);
  }
});

test("the contract's own columns are there first", () => {
  const given = text("id", "_parent_id", "_modified_at", "_deleted_at", "_synced_at", "_misfits", "_version");
  assert.deepEqual(
    namesOf(given),
    given.map(({ path }) => `${path[0]}_2`),
  );
});

test("a field that is named twice is one column, of the type that is named last", () => {
  const named = nameColumns([...text("a"), { path: ["a"], type: "date" }]);
  assert.deepEqual(named, [{ name: "a", path: ["a"], type: "date" }]);
});

test("long names are cut to 63 bytes, stay apart, and are the same whatever stands beside them", () => {
  const long = "x".repeat(80);
  const apart = text(
    `${long}1`,
    `${long}2`,
    `cf.cf_${"ü".repeat(40)}`,
    "y".repeat(63),
    `${"z".repeat(62)}A`,
    `${"z".repeat(62)}a`,
  );
  const names = namesOf(apart);
  for (const name of names) assert.ok(Buffer.byteLength(name) <= 63 && name.isWellFormed(), name);
  assert.equal(new Set(names).size, apart.length);
  assert.equal(names[3], "y".repeat(63));
  assert.deepEqual(namesOf(apart.slice(1)).slice(0, 3), names.slice(1, 4));
});

test("what is shown is extended, and held where it is not wanted any more", () => {
  const shown = nameColumns(text("a", "b"));
  const more = nameColumns(text("c", "b", "a"));
  assert.deepEqual(extendColumns(shown, more), { columns: [more[2], more[1], more[0]], held: [] });
  const other = nameColumns([{ path: ["a"], type: "date" }, ...text("c")]);
  const { columns, held } = extendColumns(shown, other);
  assert.deepEqual(held, ["a", "b"]);
  assert.deepEqual(columns, [...shown, other[1]]);
});
