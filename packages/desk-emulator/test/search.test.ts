import assert from "node:assert/strict";
import { test } from "node:test";
import { shown } from "../src/json.ts";
import type { Row } from "../src/index.ts";
import { ids, iso, newTicket, startDesk } from "./support/desk.ts";

const desk = await startDesk({ tickets: 400 });
const { emulator } = desk;
const everything = "createdTimeRange=2000-01-01T00:00:00.000Z,2100-01-01T00:00:00.000Z";

async function all(path: string): Promise<Row[]> {
  const rows: Row[] = [];
  for (let from = 0; ; from += 100) {
    const page = await desk.call(`${path}&limit=100&from=${from}`);
    rows.push(...page.rows);
    if (page.rows.length < 100) return rows;
  }
}

test("item 27: search answers {data, count} by time ranges, ascending and descending; no hit is 204", async () => {
  const live = desk.live("tickets");
  for (const key of ["createdTime", "modifiedTime"] as const) {
    const at = live.map((record) => Date.parse(shown(record.detail[key]))).toSorted((a, b) => a - b);
    const [from = 0, to = 0] = [at[50], at[250]];
    const inside = live
      .map((record) => ({ id: record.key, at: Date.parse(shown(record.detail[key])) }))
      .filter((row) => row.at >= from && row.at <= to);
    const ascending = inside.toSorted((a, b) => a.at - b.at || a.id.localeCompare(b.id)).map((row) => row.id);
    const descending = inside.toSorted((a, b) => b.at - a.at || a.id.localeCompare(b.id)).map((row) => row.id);
    const path = `/tickets/search?${key}Range=${iso(from)},${iso(to)}`;
    assert.deepEqual(ids(await all(`${path}&sortBy=${key}`)), ascending);
    assert.deepEqual(ids(await all(`${path}&sortBy=-${key}`)), descending);
    const page = await desk.call(`${path}&limit=1`);
    assert.equal(page.body["count"], inside.length);
    assert.deepEqual(Object.keys(page.body), ["data", "count"]);
  }
  const none = await desk.call("/tickets/search?createdTimeRange=1999-01-01T00:00:00.000Z,1999-01-02T00:00:00.000Z");
  assert.deepEqual([none.status, none.text], [204, ""]);
  assert.equal((await desk.call("/tickets/search?createdTimeRange=yesterday,today")).status, 422);
});

test("item 27: search knows status macros, ids, attributes with wildcards, custom fields, departments and _all", async () => {
  const live = desk.live("tickets");
  const open = live.filter((record) => record.detail["statusType"] === "Open");
  assert.equal((await all("/tickets/search?status=${OPEN}")).length, open.length);
  const [one, two] = live;
  assert.ok(one !== undefined && two !== undefined);
  assert.deepEqual(
    ids(await all(`/tickets/search?id=${one.key},${two.key}&sortBy=createdTime`)),
    [one.key, two.key].toSorted(),
  );
  assert.deepEqual(ids((await desk.call(`/tickets/search?ticketNumber=${shown(one.detail["ticketNumber"])}`)).rows), [
    one.key,
  ]);
  const printers = live.filter((record) => shown(record.detail["subject"]).startsWith("Printer"));
  assert.equal((await all("/tickets/search?subject=printer*")).length, printers.length);
  assert.equal((await desk.call("/tickets/search?subject=ab")).status, 422);
  const north = live.filter((record) => (record.detail["cf"] as Row)["cf_picklist_1"] === "Nord");
  assert.equal((await all("/tickets/search?customField1=cf_picklist_1:Nord")).length, north.length);
  const empty = live.filter((record) => (record.detail["cf"] as Row)["cf_picklist_1"] === null);
  assert.equal((await all("/tickets/search?customField10=cf_picklist_1:${empty}")).length, empty.length);
  const filled = await all("/tickets/search?customField1=cf_picklist_1:${notempty}");
  assert.equal(filled.length, live.length - empty.length);
  const department = shown(one.detail["departmentId"]);
  const inDepartment = live.filter((record) => record.detail["departmentId"] === department);
  assert.equal((await all(`/tickets/search?departmentId=${department}&${everything}`)).length, inDepartment.length);
  assert.ok(ids(await all(`/tickets/search?_all=${encodeURIComponent("(101)")}`)).includes(one.key));
  const due = live.filter((record) => record.detail["dueDate"] !== null);
  assert.equal(
    (await all("/tickets/search?dueDateRange=2000-01-01T00:00:00.000Z,2100-01-01T00:00:00.000Z")).length,
    due.length,
  );
});

test("item 27: the index sees creates, changes and deletes only after its lag, set here because the tests' default is none", async () => {
  emulator.setIndexLagMs(2000);
  const { id } = emulator.store.create("tickets", newTicket(desk, { subject: "Erster Stand" }));
  const find = async () => (await desk.call(`/tickets/search?id=${id}`)).rows[0];
  const inRange = async (range: string) => ids(await all(`/tickets/search?modifiedTimeRange=${range}`)).includes(id);
  assert.equal(await find(), undefined);
  emulator.clock.advance(1999);
  assert.equal(await find(), undefined);
  emulator.clock.advance(1);
  assert.equal((await find())?.["subject"], "Erster Stand");
  const before = `${iso(emulator.clock.now() - 2001)},${iso(emulator.clock.now() - 1)}`;
  emulator.store.update("tickets", id, { subject: "Zweiter Stand" });
  const now = `${iso(emulator.clock.now())},${iso(emulator.clock.now() + 10)}`;
  assert.equal((await find())?.["subject"], "Erster Stand");
  assert.deepEqual([await inRange(before), await inRange(now)], [true, false]);
  emulator.clock.advance(2000);
  assert.equal((await find())?.["subject"], "Zweiter Stand");
  assert.deepEqual([await inRange(before), await inRange(now)], [false, true]);
  emulator.store.delete("tickets", id);
  assert.equal((await find())?.["id"], id);
  emulator.clock.advance(2000);
  assert.equal(await find(), undefined);
  emulator.setIndexLagMs(0);
});

test("search covers accounts, contacts, products, articles, events and all activities in one call, with modifiedTime in each row", async () => {
  for (const table of ["accounts", "contacts", "products", "articles", "events", "tasks", "calls"] as const) {
    const limit = table === "articles" ? 50 : 100;
    const { body, rows } = await desk.call(`/${table}/search?${everything}&limit=${limit}`);
    assert.equal(body["count"], desk.live(table).length, table);
    assert.ok(
      rows.every((row) => typeof row["modifiedTime"] === "string"),
      table,
    );
    if (table !== "articles")
      assert.ok(
        rows.every((row) => "cf" in row),
        table,
      );
  }
  const activities = desk.live("tasks").length + desk.live("calls").length + desk.live("events").length;
  const mixed = await all(`/activities/search?${everything}&sortBy=createdTime`);
  assert.equal(mixed.length, activities);
  const times = mixed.map((row) => shown(row["createdTime"]));
  assert.deepEqual(times, times.toSorted());
  assert.equal((await desk.call(`/contracts/search?${everything}`)).status, 404);
});

test("a search row has the keys of Zoho's OpenAPI, whole descriptions, and the same values as the detail", async () => {
  const keys = [
    "modifiedTime",
    "description",
    "resolution",
    "cf",
    "customFields",
    "createdBy",
    "modifiedBy",
    "classification",
    "slaId",
  ];
  const [row] = (await desk.call(`/tickets/search?${everything}&limit=1`)).rows;
  for (const key of keys) assert.ok(row !== undefined && key in row, key);
  for (const table of ["tickets", "contacts", "accounts", "products", "tasks", "calls", "events"] as const) {
    for (const found of (await desk.call(`/${table}/search?${everything}&limit=20`)).rows) {
      const detail = (await desk.call(`/${table}/${shown(found["id"])}`)).body;
      for (const key of Object.keys(found))
        if (key in detail) assert.deepEqual(found[key], detail[key], `${table}.${key}`);
    }
  }
});

test("settings of search: cut text, end of a range, archived tickets, endpoints, the kind of an activity, the articles' limit", async () => {
  const { settings } = emulator;
  const [row] = (await desk.call(`/tickets/search?${everything}&limit=1`)).rows;
  settings.searchTextLimit = 10;
  const [cut] = (await desk.call(`/tickets/search?${everything}&limit=1`)).rows;
  assert.equal(cut?.["description"], shown(row?.["description"]).slice(0, 10));
  settings.searchTextLimit = null;
  const at = shown(row?.["createdTime"]);
  assert.equal((await desk.call(`/tickets/search?createdTimeRange=${at},${at}`)).status, 200);
  settings.searchRangeEnd = "exclusive";
  assert.equal((await desk.call(`/tickets/search?createdTimeRange=${at},${at}`)).status, 204);
  settings.searchRangeEnd = "inclusive";
  const [archived] = desk.live("archived_tickets");
  assert.equal((await desk.call(`/tickets/search?id=${archived?.key ?? ""}`)).status, 204);
  const open = await startDesk({ settings: { searchFindsArchived: true } });
  const [kept] = open.live("tickets");
  open.emulator.store.archive(kept?.key ?? "");
  assert.equal((await open.call(`/tickets/search?id=${kept?.key ?? ""}`)).rows[0]?.["isArchived"], true);
  const kind = async () => (await desk.call(`/activities/search?id=${desk.any("tasks").key}`)).rows[0]?.["module"];
  assert.equal(await kind(), "Tasks");
  settings.activitiesModule = "singular";
  assert.equal(await kind(), "task");
  settings.activitiesModule = "absent";
  assert.equal(await kind(), undefined);
  settings.activitiesSearch = false;
  assert.equal((await desk.call("/activities/search?limit=1")).status, 404);
  assert.equal((await desk.call("/tasks/search?limit=1")).status, 200);
  settings.tasksAndCallsSearch = false;
  assert.deepEqual([(await desk.call("/tasks/search")).status, (await desk.call("/calls/search")).status], [404, 404]);
  assert.equal((await desk.call("/events/search?limit=1")).status, 200);
  assert.equal((await desk.call("/articles/search?limit=51")).status, 422);
  settings.articlesSearchMaxLimit = 100;
  assert.equal((await desk.call("/articles/search?limit=51")).status, 200);
});
