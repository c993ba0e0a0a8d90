import assert from "node:assert/strict";
import { test } from "node:test";
import { toLifeParts, toVersionParts } from "@deskmirror/model";
import type { Change, JsonObject } from "@deskmirror/model";
import { specOf } from "../src/scopes.ts";
import { toChange } from "../src/to-change.ts";
import type { Seen } from "../src/to-change.ts";

const modified = "2026-03-01T09:00:00.000Z";
const modifiedMs = Date.parse(modified);
const atMs = modifiedMs + 5_000;
const tickets = specOf("tickets");
const ticket: JsonObject = {
  ...Object.fromEntries([...tickets.core!, ...tickets.detail].map((key) => [key, null])),
  id: "410000000101001",
  subject: "Printer on fire",
  modifiedTime: modified,
  isDeleted: false,
  isTrashed: false,
};

function read(row: JsonObject, seen: Partial<Seen> = {}, stream = "tickets"): Change {
  const change = toChange(specOf(stream), row, { origin: "get", atMs, parentId: null, absentKeys: new Set(), ...seen });
  assert.ok(change);
  return change;
}

function stateOf(change: Change) {
  assert.notEqual(change.op, "refetch");
  assert.ok(change.op !== "refetch");
  return {
    core: toVersionParts(change.core?.version ?? ""),
    detail: toVersionParts(change.detail?.version ?? ""),
    life: toLifeParts(change.life),
  };
}

test("a GET orders core and detail by modifiedTime and life by when it was asked", () => {
  const change = read(ticket);
  const { core, detail, life } = stateOf(change);
  assert.deepEqual([core?.modifiedMs, core?.currentMs, core?.fromGet], [modifiedMs, atMs, true]);
  assert.deepEqual([detail?.modifiedMs, detail?.currentMs, detail?.fromGet], [modifiedMs, atMs, true]);
  assert.deepEqual(life, { atMs, dead: false });
  assert.ok(change.op === "upsert" && change.modifiedMs === modifiedMs);
});

test("a search row takes every time from the record, since the index may lag", () => {
  const { core, detail, life } = stateOf(read(ticket, { origin: "search" }));
  assert.deepEqual([core?.modifiedMs, core?.currentMs], [modifiedMs, modifiedMs]);
  assert.deepEqual([detail?.modifiedMs, detail?.currentMs], [0, modifiedMs]);
  assert.equal(life?.atMs, modifiedMs);
});

test("an event with every detail key has authority, one that lacks a key is provisional", () => {
  assert.equal(stateOf(read(ticket, { origin: "event" })).detail?.modifiedMs, modifiedMs);
  const { description: _left, ...lacking } = ticket;
  const { core, detail, life } = stateOf(read(lacking, { origin: "event" }));
  assert.equal(detail?.modifiedMs, 0);
  assert.deepEqual([core?.currentMs, life?.atMs], [atMs, modifiedMs]);
});

test("a list row of a stream without modifiedTime is ordered by when it was read", () => {
  const row = Object.fromEntries(specOf("departments").core!.map((key) => [key, "1"]));
  const { core, life } = stateOf(read(row, { origin: "list" }, "departments"));
  assert.deepEqual([core?.modifiedMs, core?.currentMs, life?.atMs], [atMs, atMs, atMs]);
});

test("the same state gives the same core in every dress", () => {
  const dressed = { ...ticket, modifiedTime: String(modifiedMs), isSpam: "true", threadCount: 7, webUrl: "x" };
  const plain = { ...ticket, isSpam: true, threadCount: "8" };
  assert.equal(stateOf(read(dressed)).core?.contentHash, stateOf(read(plain)).core?.contentHash);
});

test("an edited comment is ordered by modifiedTime, another by commentedTime", () => {
  const comment = { id: "1", commentedTime: "2026-01-01T00:00:00.000Z", modifiedTime: null };
  const fresh = read(comment, { origin: "list", parentId: "7" }, "ticket_comments");
  assert.equal(stateOf(fresh).core?.modifiedMs, Date.UTC(2026, 0, 1));
  assert.ok(fresh.op === "upsert" && fresh.modifiedMs === null && fresh.parentId === "7");
  const edited = read({ ...comment, modifiedTime: modified }, { origin: "list", parentId: "7" }, "ticket_comments");
  assert.equal(stateOf(edited).core?.modifiedMs, modifiedMs);
});

const incomplete: readonly [string, Seen["origin"], JsonObject, ReadonlySet<string>, Change["op"]][] = [
  ["a search row without a core key is asked for", "search", without("cf"), new Set(), "refetch"],
  ["an event without a core key is asked for", "event", without("cf"), new Set(), "refetch"],
  ["a row without a source time is asked for", "search", { ...ticket, modifiedTime: null }, new Set(), "refetch"],
  ["a core key that GETs lacked is not required", "search", without("cf"), new Set(["cf"]), "upsert"],
  ["a GET is whole whatever it lacks", "get", without("cf"), new Set(), "upsert"],
];
for (const [title, origin, row, absentKeys, op] of incomplete) {
  test(title, () => assert.equal(read(row, { origin, absentKeys }).op, op));
}

for (const flag of [{ isDeleted: true }, { isTrashed: "true" }, { IsDel: "TRUE" }]) {
  test(`an event with ${JSON.stringify(flag)} is a delete at its time, and no state of the record`, () => {
    const change = read({ ...ticket, ...flag }, { origin: "event" });
    assert.ok(change.op === "delete" && change.deletedMs === atMs);
    assert.deepEqual([change.core, change.detail, change.modifiedMs], [null, null, null]);
    assert.deepEqual(toLifeParts(change.life), { atMs, dead: true });
  });
}

test("a delete flag without the record is a delete all the same", () => {
  const change = read({ id: "1", IsDel: true }, { origin: "event" });
  assert.ok(change.op === "delete" && change.core === null && change.modifiedMs === null);
});

const keys: readonly [string, JsonObject, string | null, string | null, string | null][] = [
  ["team_members", { id: "9" }, "3", "3:9", "3"],
  ["channels", { code: "EMAIL" }, null, "EMAIL", null],
  ["organization_fields", { id: "5" }, "tickets", "tickets:5", "tickets"],
  ["skills", { id: "5", departmentId: "8" }, "7", "5", "8"],
  ["ticket_tags", { id: "5" }, "7", "5", "7"],
  ["tickets", { id: 42 }, null, "42", null],
];
for (const [stream, row, under, key, parentId] of keys) {
  test(`a row of ${stream} is named ${key} under ${parentId}`, () => {
    const change = toChange(specOf(stream), row, { origin: "get", atMs, parentId: under, absentKeys: new Set() });
    assert.deepEqual([change?.key, change?.parentId], [key, parentId]);
  });
}

test("history is named by ticket, time, event and 16 hex digits of actor and eventInfo", () => {
  const row = { eventName: "TicketCreated", eventTime: modified, actor: { id: "1" }, eventInfo: [] };
  const { key } = read(row, { origin: "list", parentId: "77" }, "ticket_history");
  assert.match(key, new RegExp(`^77:${modifiedMs}:TicketCreated:[0-9a-f]{16}$`));
  assert.notEqual(read({ ...row, actor: { id: "2" } }, { origin: "list", parentId: "77" }, "ticket_history").key, key);
});

test("a row without a key says nothing", () => {
  assert.equal(
    toChange(tickets, { subject: "x" }, { origin: "get", atMs, parentId: null, absentKeys: new Set() }),
    null,
  );
});

function without(key: string): JsonObject {
  return Object.fromEntries(Object.entries(ticket).filter(([name]) => name !== key));
}
