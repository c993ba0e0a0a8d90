import assert from "node:assert/strict";
import { test } from "node:test";
import { shown } from "../src/json.ts";
import type { Row } from "../src/index.ts";
import { ids, iso, refusal, startDesk } from "./support/desk.ts";

const desk = await startDesk({ tickets: 400 });
const { emulator } = desk;
const department = desk.any("departments").key;

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
  assert.match(await refusal(desk, `${archived}&sortBy=modifiedTime`), /sortBy/);
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
  assert.match(await refusal(desk, "/tickets?include=nonsense"), /include/);
  const entry = await desk.call(`/tickets/${desk.any("tickets").key}/timeEntry?orderBy=SIDEWAYS`);
  assert.equal(entry.status, 422);
  const byIds = (await desk.call(`/departmentsByIds?departmentIds=${department},${other}`)).rows;
  assert.deepEqual(ids(byIds), [department, other]);
});
