import assert from "node:assert/strict";
import { test } from "node:test";
import { shown } from "../src/json.ts";
import type { Row } from "../src/index.ts";
import { iso, newTicket, startDesk } from "./support/desk.ts";

const desk = await startDesk({ tickets: 400 });
const { emulator } = desk;
const department = desk.any("departments").key;

function ids(rows: readonly Row[]): string[] {
  return rows.map((row) => shown(row["id"]));
}

async function refusal(path: string): Promise<string> {
  const answer = await desk.call(path);
  assert.equal(answer.status, 422, path);
  return shown(answer.body["message"]);
}

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
      await refusal(`${path}${join}limit=${max + 1}`),
      `The value passed for field 'limit' exceeds the range of '${range}'`,
    );
    if (min > 0) assert.match(await refusal(`${path}${join}limit=${min - 1}`), /exceeds the range/);
    assert.equal((await desk.call(path)).rows.length, rows, path);
  }
  assert.match(await refusal(`/tickets/${desk.any("tickets").key}/History?limit=51`), /'1-50'/);
  assert.match(await refusal(`/tickets/${desk.any("tickets").key}/threads?limit=201`), /'1-200'/);
  assert.match(await refusal("/teams?limit=201"), /'0-200'/);
  for (const path of ["/teams", "/teams?limit=0"]) {
    assert.equal(((await desk.call(path)).body["teams"] as readonly Row[]).length, desk.live("teams").length);
  }
  assert.equal(((await desk.call("/teams?limit=2")).body["teams"] as readonly Row[]).length, 2);
  assert.ok(emulator.stats.snapshot().breaches.outOfRange.count > 10);
});

test("item 19: a list's from above 4999 is 422; a search's above 999, or 4999 as set", async () => {
  assert.equal((await desk.call("/tickets?from=4999")).status, 204);
  assert.equal(await refusal("/tickets?from=5000"), "The value passed for field 'from' exceeds the range of '0-4999'");
  assert.match(await refusal("/tickets?from=-1"), /'0-4999'/);
  assert.match(await refusal("/tickets?from=x"), /is invalid/);
  assert.equal((await desk.call("/tickets/search?from=999")).status, 204);
  assert.equal(
    await refusal("/tickets/search?from=1000"),
    "The value passed for field 'from' exceeds the range of '0-999'",
  );
  emulator.settings.searchMaxFrom = 4999;
  assert.equal((await desk.call("/tickets/search?from=4999")).status, 204);
  assert.match(await refusal("/tickets/search?from=5000"), /'0-4999'/);
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
    assert.match(await refusal(`${path}?from=0`), /'1-4999'/);
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
  assert.match(await refusal("/tickets?sortBy=subject"), /sortBy/);
  assert.match(await refusal("/calls?sortBy=modifiedTime"), /sortBy/);
});

test("item 21: -modifiedTime works on tickets, or is 422 as set", async () => {
  const { rows } = await desk.call("/tickets?sortBy=-modifiedTime&fields=modifiedTime&limit=100");
  const times = rows.map((row) => shown(row["modifiedTime"]));
  assert.deepEqual(times, times.toSorted().toReversed());
  emulator.settings.ticketsSortByModifiedTime = false;
  assert.match(await refusal("/tickets?sortBy=-modifiedTime"), /sortBy/);
  emulator.settings.ticketsSortByModifiedTime = true;
});

test("item 22: fields replaces the projection and keeps id; over 30 names are 422; an unknown or multi-line one is 500 or as set", async () => {
  const { rows } = await desk.call("/tickets?fields=modifiedTime,cf_text_1&limit=3");
  assert.deepEqual(Object.keys(rows[0] ?? {}), ["id", "modifiedTime", "cf_text_1"]);
  const names = Array.from({ length: 31 }, () => "subject");
  assert.match(await refusal(`/tickets?fields=${names.join(",")}`), /'1-30'/);
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

test("item 23: rows of tickets, contacts, accounts and tasks lack modifiedTime, description and cf; details have them", async () => {
  for (const table of ["tickets", "contacts", "accounts", "tasks"] as const) {
    const row = (await desk.call(`/${table}?limit=1`)).rows[0] ?? {};
    for (const key of ["modifiedTime", "description", "cf"]) assert.equal(key in row, false, `${table} ${key}`);
    const detail = (await desk.call(`/${table}/${shown(row["id"])}`)).body;
    for (const key of ["modifiedTime", "description", "cf"]) assert.equal(key in detail, true, `${table} ${key}`);
    assert.deepEqual(Object.fromEntries(Object.keys(row).map((key) => [key, detail[key]])), row);
  }
  for (const path of ["/events", "/calls", "/products", "/contracts", "/articles"]) {
    assert.match(shown((await desk.call(`${path}?limit=1`)).rows[0]?.["modifiedTime"]), /Z$/, path);
  }
});

test("item 24: ids and counts are text, times have milliseconds and Z, and nullable keys are there with null", async () => {
  const rows = (await desk.call("/tickets?limit=100")).rows;
  for (const row of rows) {
    assert.match(shown(row["id"]), /^\d{18}$/);
    assert.ok(BigInt(shown(row["id"])) > BigInt(Number.MAX_SAFE_INTEGER), "an id that a number cannot hold");
    assert.equal(typeof row["id"], "string");
    assert.equal(typeof row["threadCount"], "string");
    assert.match(shown(row["createdTime"]), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.deepEqual(Object.keys(row), Object.keys(rows[0] ?? {}));
    assert.equal(Object.values(row).includes(undefined as never), false);
  }
  assert.ok(rows.some((row) => row["assigneeId"] === null));
});

test("item 25: /tickets hides trashed and archived tickets; archivedTickets, ticketTags and skills need departmentId", async () => {
  const [first, second] = desk.live("tickets");
  assert.ok(first !== undefined && second !== undefined);
  emulator.store.delete("tickets", first.key);
  emulator.store.archive(second.key);
  const listed: string[] = [];
  for (let from = 0; from < 400; from += 100)
    listed.push(...ids((await desk.call(`/tickets?limit=100&from=${from}`)).rows));
  assert.equal(listed.includes(first.key) || listed.includes(second.key), false);
  assert.deepEqual(
    listed.toSorted(),
    desk
      .live("tickets")
      .map((record) => record.key)
      .toSorted(),
  );
  const archived = await desk.call(
    `/tickets/archivedTickets?departmentId=${shown(second.detail["departmentId"])}&limit=100`,
  );
  assert.ok(ids(archived.rows).includes(second.key));
  assert.equal(
    archived.rows.every((row) => row["isArchived"] === true),
    true,
  );
  assert.deepEqual(archived.body["pagination"], { prev: null, next: null });
  for (const path of ["/tickets/archivedTickets", "/ticketTags", "/skills"]) {
    const answer = await desk.call(path);
    assert.deepEqual([answer.status, answer.body["errorCode"]], [422, "INVALID_DATA"], path);
    assert.equal((answer.body["errors"] as readonly Row[])[0]?.["fieldName"], "/departmentId");
  }
  assert.equal((await desk.call(`/skills?departmentId=${department}`)).rows.length, 2);
});

test("item 26: a thread's row has no content, its detail has; comments have modifiedTime null until edited", async () => {
  const ticket = desk.live("tickets").find((record) => Number(record.detail["commentCount"]) > 0);
  assert.ok(ticket !== undefined);
  const thread = (await desk.call(`/tickets/${ticket.key}/threads`)).rows[0] ?? {};
  assert.equal("content" in thread, false);
  const detail = (await desk.call(`/tickets/${ticket.key}/threads/${shown(thread["id"])}?include=plainText`)).body;
  assert.match(shown(detail["content"]), /^<div>/);
  assert.doesNotMatch(shown(detail["plainText"]), /</);
  const path = `/tickets/${ticket.key}/comments`;
  const comment = (await desk.call(path)).rows[0] ?? {};
  assert.equal(comment["modifiedTime"], null);
  await desk.patch(`${path}/${shown(comment["id"])}`, { content: "<div>edited</div>" });
  const edited = (await desk.call(path)).rows[0] ?? {};
  assert.equal(edited["modifiedTime"], iso(emulator.clock.now()));
  assert.equal(edited["commentedTime"], comment["commentedTime"]);
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

test("item 29: counts are {count} as text; contacts and accounts need a view", async () => {
  const counts: readonly [string, number][] = [
    ["/ticketsCount", desk.live("tickets").length],
    ["/contacts/count?viewId=1", desk.live("contacts").length],
    ["/accounts/count?viewId=1", desk.live("accounts").length],
    ["/contracts/count", desk.live("contracts").length],
    ["/departments/count", desk.live("departments").length],
    ["/agents/count", desk.live("agents").length],
    ["/roles/count", desk.live("roles").length],
    ["/profiles/count", desk.live("profiles").length],
    ["/articles/count", desk.live("articles").length],
    ["/tasks/count", desk.live("tasks").length],
  ];
  for (const [path, count] of counts) assert.deepEqual((await desk.call(path)).body, { count: shown(count) }, path);
  assert.equal((await desk.call("/contacts/count")).status, 422);
  const open = desk.live("tickets").filter((record) => record.detail["statusType"] === "Open").length;
  assert.deepEqual((await desk.call("/ticketsCount?status=${OPEN}")).body, { count: shown(open) });
});

test("/ticketsCount counts archived tickets and spam as set; not archived, but spam, by default", async () => {
  const count = async () => Number((await desk.call("/ticketsCount")).body["count"]);
  const live = desk.live("tickets").length;
  const spam = desk.live("tickets").filter((record) => record.detail["isSpam"] === true).length;
  assert.ok(spam > 0);
  assert.equal(await count(), live);
  emulator.settings.ticketsCountArchived = true;
  assert.equal(await count(), live + desk.live("archived_tickets").length);
  emulator.settings.ticketsCountArchived = false;
  emulator.settings.ticketsCountSpam = false;
  assert.equal(await count(), live - spam);
  emulator.settings.ticketsCountSpam = true;
});

test("layouts, tags, templates, archivedTickets and deletedAgents follow the settings for what is not public", async () => {
  const { settings } = emulator;
  const keysOf = async (path: string) => Object.keys((await desk.call(path)).rows[0] ?? {});
  assert.deepEqual(Object.keys((await desk.call("/layouts?module=tickets")).body), ["data"]);
  assert.equal((await desk.call("/layouts?module=tickets&limit=1")).status, 422);
  Object.assign(settings, { layoutsListKey: "layouts", layoutsPaged: true });
  assert.equal(((await desk.call("/layouts?module=tickets&limit=1")).body["layouts"] as readonly Row[]).length, 1);
  assert.deepEqual(await keysOf(`/ticketTags?departmentId=${department}`), ["id", "name", "count"]);
  settings.tagCountKey = null;
  assert.deepEqual(await keysOf(`/ticketTags?departmentId=${department}`), ["id", "name"]);
  assert.equal((await keysOf("/ticketTemplates")).includes("modifiedTime"), false);
  settings.templatesModifiedTime = true;
  assert.equal((await keysOf("/ticketTemplates")).includes("modifiedTime"), true);
  const archived = `/tickets/archivedTickets?departmentId=${department}`;
  assert.match(await refusal(`${archived}&sortBy=modifiedTime`), /sortBy/);
  Object.assign(settings, { archivedSorts: ["createdTime", "modifiedTime"], archivedPagination: false });
  assert.deepEqual(Object.keys((await desk.call(`${archived}&sortBy=-modifiedTime`)).body), ["data"]);
  const agent = desk.live("agents").at(-1);
  emulator.store.delete("agents", agent?.key ?? "");
  assert.ok(ids((await desk.call("/deletedAgents?limit=200")).rows).includes(agent?.key ?? ""));
  settings.deletedAgentsAll = false;
  assert.equal(ids((await desk.call("/deletedAgents?limit=200")).rows).includes(agent?.key ?? ""), false);
  assert.equal(ids((await desk.call("/agents?limit=200")).rows).includes(agent?.key ?? ""), false);
  assert.equal((await desk.call("/fields?module=tickets")).status, 200);
  settings.fieldsEndpoint = false;
  assert.equal((await desk.call("/fields?module=tickets")).status, 404);
  assert.equal((await desk.call("/organizationFields?module=tickets")).status, 200);
});

test("filters and includes of a list do what they say", async () => {
  const { settings } = emulator;
  settings.fieldsEndpoint = true;
  const other = desk.live("departments")[1]?.key ?? "";
  const both = (await desk.call(`/tickets?departmentIds=${department},${other}&limit=100`)).rows;
  assert.deepEqual(new Set(both.map((row) => row["departmentId"])), new Set([department, other]));
  assert.ok(
    (await desk.call("/tickets?assignee=Unassigned&limit=100")).rows.every((row) => row["assigneeId"] === null),
  );
  assert.ok((await desk.call("/tickets?status=Closed&limit=100")).rows.every((row) => row["status"] === "Closed"));
  const [row = {}] = (await desk.call("/tickets?include=contacts,departments,assignee,isRead&limit=1")).rows;
  assert.equal((row["contact"] as Row)["id"], row["contactId"]);
  assert.equal((row["department"] as Row)["id"], row["departmentId"]);
  assert.equal(row["isRead"], false);
  assert.match(await refusal("/tickets?include=nonsense"), /include/);
  const entry = await desk.call(`/tickets/${desk.any("tickets").key}/timeEntry?orderBy=SIDEWAYS`);
  assert.equal(entry.status, 422);
  const byIds = (await desk.call(`/departmentsByIds?departmentIds=${department},${other}`)).rows;
  assert.deepEqual(ids(byIds), [department, other]);
});
