import assert from "node:assert/strict";
import { test } from "node:test";
import { shown } from "../src/json.ts";
import type { Row } from "../src/index.ts";
import { ids, newTicket, refusal, startDesk } from "./support/desk.ts";

const desk = await startDesk({ tickets: 400 });
const { emulator } = desk;
const department = desk.any("departments").key;

test("item 17: a list is {data}, and teams and members have keys of their own", async () => {
  assert.deepEqual(Object.keys((await desk.call("/tickets")).body), ["data"]);
  assert.deepEqual(Object.keys((await desk.call("/teams")).body), ["teams"]);
  assert.deepEqual(Object.keys((await desk.call(`/teams/${desk.any("teams").key}/members`)).body), ["members"]);
});

test("item 17: an empty list and a page past the end answer 204 with zero bytes", async () => {
  for (const path of [
    "/webhooks",
    "/tickets?from=4000",
    "/deletedAgents?from=4000",
    "/tickets/search?id=410000000000000001",
  ]) {
    const answer = await desk.call(path);
    assert.deepEqual([answer.status, answer.text], [204, ""], path);
  }
});

test("item 18: a limit outside the table's range is 422 naming the range; defaults are the table's; teams with limit 0 or none give all", async () => {
  const bounds: readonly [string, string, number][] = [
    ["/tickets", "1-100", 25],
    ["/contacts", "1-100", 10],
    ["/articles", "1-50", 10],
    ["/agents", "0-200", 10],
    ["/departments", "0-200", 5],
    ["/roles", "1-500", 4],
    ["/profiles", "1-250", 4],
    ["/holidayList", "1-50", 2],
    ["/recycleBin", "1-100", 10],
    [`/ticketTags?departmentId=${department}`, "1-100", 5],
  ];
  for (const task of desk.live("tasks").slice(0, 10)) emulator.store.delete("tasks", task.key);
  for (const [path, range, rows] of bounds) {
    const [min = 0, max = 0] = range.split("-").map(Number);
    const join = path.includes("?") ? "&" : "?";
    assert.equal(
      await refusal(desk, `${path}${join}limit=${max + 1}`),
      `The value passed for field 'limit' exceeds the range of '${range}'`,
    );
    if (min > 0) assert.match(await refusal(desk, `${path}${join}limit=${min - 1}`), /exceeds the range/);
    assert.equal((await desk.call(path)).rows.length, rows, path);
  }
  assert.match(await refusal(desk, `/tickets/${desk.any("tickets").key}/History?limit=51`), /'1-50'/);
  assert.match(await refusal(desk, `/tickets/${desk.any("tickets").key}/threads?limit=201`), /'1-200'/);
  assert.match(await refusal(desk, "/teams?limit=201"), /'0-200'/);
  for (const path of ["/teams", "/teams?limit=0"]) {
    assert.equal(((await desk.call(path)).body["teams"] as readonly Row[]).length, desk.live("teams").length);
  }
  assert.equal(((await desk.call("/teams?limit=2")).body["teams"] as readonly Row[]).length, 2);
  assert.ok(emulator.stats.snapshot().breaches.outOfRange.count > 10);
});

test("item 19: a list's from above 4999 is 422; a search's above 999, or 4999 as set", async () => {
  assert.equal((await desk.call("/tickets?from=4999")).status, 204);
  assert.equal(
    await refusal(desk, "/tickets?from=5000"),
    "The value passed for field 'from' exceeds the range of '0-4999'",
  );
  assert.match(await refusal(desk, "/tickets?from=-1"), /'0-4999'/);
  assert.match(await refusal(desk, "/tickets?from=x"), /is invalid/);
  assert.equal((await desk.call("/tickets/search?from=999")).status, 204);
  assert.equal(
    await refusal(desk, "/tickets/search?from=1000"),
    "The value passed for field 'from' exceeds the range of '0-999'",
  );
  emulator.settings.searchMaxFrom = 4999;
  assert.equal((await desk.call("/tickets/search?from=4999")).status, 204);
  assert.match(await refusal(desk, "/tickets/search?from=5000"), /'0-4999'/);
  emulator.settings.searchMaxFrom = 999;
});

test("item 20: from counts rows from 0; accounts and articles start at 1, or refuse 0, or start at 0, as set", async () => {
  const all = ids((await desk.call("/tickets?limit=5")).rows);
  assert.deepEqual(ids((await desk.call("/tickets?limit=4&from=1")).rows), all.slice(1));
  for (const path of ["/accounts", "/articles"]) {
    emulator.settings.oneBasedLists = "zero";
    const rows = ids((await desk.call(`${path}?limit=4`)).rows);
    assert.deepEqual(ids((await desk.call(`${path}?limit=2&from=1`)).rows), rows.slice(1, 3));
    emulator.settings.oneBasedLists = "one";
    for (const query of ["limit=2", "limit=2&from=0", "limit=2&from=1"]) {
      assert.deepEqual(ids((await desk.call(`${path}?${query}`)).rows), rows.slice(0, 2), query);
    }
    assert.deepEqual(ids((await desk.call(`${path}?limit=2&from=3`)).rows), rows.slice(2, 4));
    emulator.settings.oneBasedLists = "strict";
    assert.match(await refusal(desk, `${path}?from=0`), /'1-4999'/);
    assert.deepEqual(ids((await desk.call(`${path}?limit=2&from=1`)).rows), rows.slice(0, 2));
    emulator.settings.oneBasedLists = "one";
  }
});

test("item 21: sortBy is ascending bare and descending with a dash, ties by ascending id; an unknown attribute is 422", async () => {
  const rows = desk.live("tickets").map(({ key, detail }) => ({ key, at: shown(detail["createdTime"]) }));
  assert.ok(new Set(rows.map((row) => row.at)).size < rows.length, "the organization has ties");
  const ascending = rows.toSorted((a, b) => a.at.localeCompare(b.at) || a.key.localeCompare(b.key));
  const descending = rows.toSorted((a, b) => b.at.localeCompare(a.at) || a.key.localeCompare(b.key));
  for (const [sortBy, expected] of [
    ["createdTime", ascending],
    ["-createdTime", descending],
  ] as const) {
    const got: string[] = [];
    for (let from = 0; from < rows.length; from += 100)
      got.push(...ids((await desk.call(`/tickets?sortBy=${sortBy}&limit=100&from=${from}`)).rows));
    assert.deepEqual(
      got,
      expected.map((row) => row.key),
      sortBy,
    );
  }
  assert.match(await refusal(desk, "/tickets?sortBy=subject"), /sortBy/);
  assert.match(await refusal(desk, "/calls?sortBy=modifiedTime"), /sortBy/);
});

test("item 21: -modifiedTime works on tickets, or is 422 as set", async () => {
  const { rows } = await desk.call("/tickets?sortBy=-modifiedTime&fields=modifiedTime&limit=100");
  const times = rows.map((row) => shown(row["modifiedTime"]));
  assert.deepEqual(times, times.toSorted().toReversed());
  emulator.settings.ticketsSortByModifiedTime = false;
  assert.match(await refusal(desk, "/tickets?sortBy=-modifiedTime"), /sortBy/);
  emulator.settings.ticketsSortByModifiedTime = true;
});

test("item 22: fields replaces the projection and keeps id; over 30 names are 422; an unknown or multi-line one is 500 or as set", async () => {
  const { rows } = await desk.call("/tickets?fields=modifiedTime,cf_text_1&limit=3");
  assert.deepEqual(Object.keys(rows[0] ?? {}), ["id", "modifiedTime", "cf_text_1"]);
  const names = Array.from({ length: 31 }, () => "subject");
  assert.match(await refusal(desk, `/tickets?fields=${names.join(",")}`), /'1-30'/);
  assert.equal((await desk.call(`/tickets?fields=${names.slice(1).join(",")}`)).status, 200);
  for (const name of ["nonsense", "description", "cf_no"])
    assert.equal((await desk.call(`/tickets?fields=${name}`)).status, 500, name);
  emulator.settings.unknownFieldStatus = 422;
  assert.equal((await desk.call("/tickets?fields=nonsense")).status, 422);
  emulator.settings.unknownFieldStatus = 500;
  assert.equal((await desk.call("/tickets?fields=cf&limit=1")).rows[0]?.["cf"], null);
  const profiles = await desk.call("/profiles?fields=modifiedTime,type");
  assert.deepEqual(Object.keys(profiles.rows[0] ?? {}), ["id", "modifiedTime", "type"]);
  assert.deepEqual(Object.keys((await desk.call("/profiles")).rows[0] ?? {}), ["id", "name"]);
});

test("item 28: paging is a plain offset over live data, so an insert or a delete between pages shifts rows", async () => {
  const page = (from: number) => desk.call(`/tickets?sortBy=-createdTime&limit=10&from=${from}`);
  const first = ids((await page(0)).rows);
  const second = ids((await page(10)).rows);
  const made = await desk.post("/tickets", newTicket(desk));
  assert.deepEqual(ids((await page(10)).rows), [first[9], ...second.slice(0, 9)]);
  assert.equal((await page(0)).rows[0]?.["id"], made.body["id"]);
  emulator.store.delete("tickets", shown(made.body["id"]));
  emulator.store.delete("tickets", shown(first[0]));
  assert.deepEqual(ids((await page(10)).rows).slice(0, 9), second.slice(1));
});
