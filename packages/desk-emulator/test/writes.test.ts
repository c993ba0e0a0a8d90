import assert from "node:assert/strict";
import { test } from "node:test";
import { shown } from "../src/json.ts";
import type { Row } from "../src/index.ts";
import { iso, newTicket, startDesk } from "./support/desk.ts";

const desk = await startDesk();
const { emulator } = desk;

async function made(path: string, body: Row): Promise<Row> {
  const answer = await desk.post(path, body);
  assert.equal(answer.status, 200, `${path} ${answer.text}`);
  return answer.body;
}

test("item 33: tickets, contacts, accounts, products, contracts, tasks, calls, events and articles can be made and changed", async () => {
  const departmentId = desk.any("departments").key;
  const account = await made("/accounts", { accountName: "Möwe AG" });
  const bodies: readonly [string, Row, Row][] = [
    ["/tickets", newTicket(desk, { cf: { cf_text_1: "α" } }), { subject: "geändert" }],
    ["/contacts", { lastName: "Åström" }, { phone: "1" }],
    ["/accounts", { accountName: "Ōta" }, { industry: "x" }],
    ["/products", { productName: "P", departmentIds: [departmentId] }, { unitPrice: "5.00" }],
    ["/contracts", { contractName: "C", accountId: shown(account["id"]), departmentId }, { description: "x" }],
    ["/tasks", { subject: "T", departmentId }, { status: "Completed" }],
    [
      "/calls",
      { subject: "C", departmentId, startTime: iso(emulator.clock.now()), direction: "inbound" },
      { duration: "60" },
    ],
    ["/events", { subject: "E", departmentId, startTime: iso(emulator.clock.now()) }, { priority: "High" }],
    ["/articles", { title: "A", categoryId: "1" }, { summary: "x" }],
  ];
  for (const [path, fields, change] of bodies) {
    const created = await made(path, fields);
    const changed = await desk.patch(`${path}/${shown(created["id"])}`, change);
    assert.equal(changed.status, 200, path);
    const [[key, value] = ["", null]] = Object.entries(change);
    const detail = (await desk.call(`${path}/${shown(created["id"])}`)).body;
    assert.deepEqual(detail, changed.body);
    assert.equal(detail[key], value, path);
    assert.ok(shown(detail["modifiedTime"]) > shown(created["modifiedTime"]), `${path} moves modifiedTime`);
    assert.equal(detail["createdTime"], created["createdTime"]);
  }
});

test("item 33: each write moves modifiedTime strictly forward, on a clock that stands still too", async () => {
  const { id } = await made("/tickets", newTicket(desk));
  const seen: string[] = [];
  for (let time = 0; time < 4; time += 1)
    seen.push(shown((await desk.patch(`/tickets/${shown(id)}`, { subject: "gleich" })).body["modifiedTime"]));
  assert.deepEqual(seen, [...new Set(seen)].toSorted());
});

test("item 33: a ticket needs subject, department and contact, or brings its contact", async () => {
  const { contactId: _contactId, ...without } = newTicket(desk);
  assert.equal((await desk.post("/tickets", without)).status, 422);
  const created = await made("/tickets", { ...without, contact: { lastName: "Mitgebracht", email: "m@example.org" } });
  const contact = (await desk.call(`/contacts/${shown(created["contactId"])}`)).body;
  assert.equal(contact["lastName"], "Mitgebracht");
  const closed = (await desk.patch(`/tickets/${shown(created["id"])}`, { status: "Closed" })).body;
  assert.deepEqual([closed["statusType"], closed["closedTime"]], ["Closed", iso(emulator.clock.now())]);
});

test("item 33: comments, threads, time entries and tasks change the ticket's counts, and its modifiedTime only as set", async () => {
  const { id: ticketId } = await made("/tickets", newTicket(desk));
  const path = `/tickets/${shown(ticketId)}`;
  const ticket = async () => (await desk.call(path)).body;
  const counts = async () => {
    const { threadCount, commentCount, timeEntryCount, taskCount } = await ticket();
    return [threadCount, commentCount, timeEntryCount, taskCount];
  };
  const { modifiedTime } = await ticket();
  emulator.clock.advance(1000);
  assert.deepEqual(await counts(), ["1", "0", "0", "0"]);
  const comment = await made(`${path}/comments`, { content: "Hm." });
  await made(`${path}/sendReply`, { content: "<p>Antwort</p>", channel: "EMAIL" });
  const entry = await made(`${path}/timeEntry`, { executedTime: iso(emulator.clock.now()) });
  const task = await made("/tasks", {
    subject: "T",
    departmentId: desk.any("departments").key,
    ticketId: ticketId ?? null,
  });
  assert.deepEqual(await counts(), ["2", "1", "1", "1"]);
  assert.equal(((await ticket())["lastThread"] as Row)["direction"], "out");
  assert.equal((await ticket())["modifiedTime"], modifiedTime);
  assert.equal((await desk.call(`${path}/comments/${shown(comment["id"])}`, { method: "DELETE" })).status, 204);
  assert.equal((await desk.call(`${path}/timeEntry/${shown(entry["id"])}`, { method: "DELETE" })).status, 204);
  const other = desk.any("tickets");
  await desk.patch(`/tasks/${shown(task["id"])}`, { ticketId: other.key });
  assert.equal(
    (await desk.call(`/tickets/${other.key}`)).body["taskCount"],
    String(Number(other.detail["taskCount"]) + 1),
  );
  emulator.store.delete("tasks", shown(task["id"]));
  assert.deepEqual(await counts(), ["2", "0", "0", "0"]);
  assert.equal((await desk.call(`${path}/comments`)).status, 204);
  emulator.settings.childMovesModifiedTime = true;
  await made(`${path}/comments`, { content: "Jetzt schon." });
  assert.equal((await ticket())["modifiedTime"], iso(emulator.clock.now()));
  emulator.settings.childMovesModifiedTime = false;
});

test("item 33: history tells what was done to a ticket", async () => {
  const { id } = await made("/tickets", newTicket(desk));
  emulator.clock.advance(1000);
  await desk.patch(`/tickets/${shown(id)}`, { priority: "Low" });
  emulator.clock.advance(1000);
  await made(`/tickets/${shown(id)}/comments`, { content: "x" });
  const { rows } = await desk.call(`/tickets/${shown(id)}/History?limit=50`);
  assert.deepEqual(
    rows.map((row) => row["eventName"]),
    ["CommentAdded", "TicketUpdated", "TicketCreated"],
  );
  assert.equal(((rows[1] ?? {})["eventInfo"] as readonly Row[])[0]?.["propertyName"], "priority");
});

test("item 34: moveToTrash is 204; the row leaves lists and search, stands in the recycle bin, and GET by id is as set", async () => {
  const created = await made("/tickets", newTicket(desk, { subject: "Weg damit" }));
  const id = shown(created["id"]);
  const trashed = await desk.post("/tickets/moveToTrash", { ticketIds: [id] });
  assert.deepEqual([trashed.status, trashed.text], [204, ""]);
  assert.equal(
    (await desk.call("/tickets?limit=100&sortBy=-createdTime")).rows.some((row) => row["id"] === id),
    false,
  );
  assert.equal((await desk.call(`/tickets/search?id=${id}`)).status, 204);
  const [row] = (await desk.call("/recycleBin?sortBy=-deletedTime&module=tickets&include=deletedBy")).rows;
  assert.deepEqual(Object.keys(row ?? {}), [
    "id",
    "type",
    "displayName",
    "departmentId",
    "deletedById",
    "deletedTime",
    "deletedBy",
  ]);
  assert.deepEqual([row?.["id"], row?.["type"], row?.["displayName"]], [id, "Tickets", "Weg damit"]);
  assert.equal(row?.["deletedTime"], iso(emulator.clock.now()));
  const seen = await desk.call(`/tickets/${id}`);
  assert.deepEqual([seen.status, seen.body["isTrashed"], seen.body["isDeleted"]], [200, true, true]);
  assert.equal((await desk.call(`/tickets/${id}/threads`)).status, 404);
  emulator.settings.trashedGet = "missing";
  assert.equal((await desk.call(`/tickets/${id}`)).status, 404);
  emulator.settings.trashedGet = "trashed";
  assert.equal((await desk.post("/tickets/moveToTrash", { ticketIds: [id] })).status, 404);
});

test("item 34: each module has its own key of ids; deleteSpam goes past the bin", async () => {
  const keys = {
    contacts: "contactIds",
    accounts: "accountIds",
    products: "productIds",
    contracts: "contractIds",
    tasks: "entityIds",
    calls: "entityIds",
    events: "entityIds",
  } as const;
  for (const [table, key] of Object.entries(keys) as [keyof typeof keys, string][]) {
    const record = desk.any(table);
    assert.equal((await desk.post(`/${table}/moveToTrash`, { wrong: [record.key] })).status, 422);
    assert.equal((await desk.post(`/${table}/moveToTrash`, { [key]: [record.key] })).status, 204);
    assert.ok(
      (await desk.call("/recycleBin?limit=100")).rows.some((row) => row["id"] === record.key),
      table,
    );
  }
  const ticket = desk.any("tickets").key;
  assert.equal((await desk.post("/tickets/deleteSpam", { ticketIds: [ticket] })).status, 204);
  assert.equal(
    (await desk.call("/recycleBin?limit=100")).rows.some((row) => row["id"] === ticket),
    false,
  );
  assert.equal((await desk.call(`/tickets/${ticket}`)).status, 404);
});

test("item 34: after 60 days on the clock a trashed record is erased", async () => {
  const own = await startDesk();
  const record = own.any("contacts");
  own.emulator.store.delete("contacts", record.key);
  own.emulator.clock.advance(60 * 86_400_000 - 1);
  assert.equal(own.emulator.store.record("contacts", record.key)?.trashed, true);
  own.emulator.clock.advance(1);
  assert.equal(own.emulator.store.record("contacts", record.key), undefined);
  const token = await own.grant();
  const headers = { Authorization: `Bearer ${shown(token["access_token"])}` };
  assert.equal((await own.call(`/contacts/${record.key}`, { headers })).status, 404);
  assert.equal(
    (await own.call("/recycleBin?limit=100", { headers })).rows.some((row) => row["id"] === record.key),
    false,
  );
});

test("item 35: a restore brings the record back with its old modifiedTime, or a new one as set", async () => {
  const record = desk.any("tickets");
  emulator.store.delete("tickets", record.key);
  emulator.clock.advance(5000);
  assert.equal((await desk.post("/recycleBin/restore", { ids: [record.key] })).status, 200);
  const restored = (await desk.call(`/tickets/${record.key}`)).body;
  assert.deepEqual([restored["isTrashed"], restored["modifiedTime"]], [false, record.detail["modifiedTime"]]);
  assert.equal((await desk.call(`/tickets/search?id=${record.key}`)).rows.length, 1);
  emulator.settings.restoreMovesModifiedTime = true;
  emulator.store.delete("tickets", record.key);
  emulator.store.restore("tickets", record.key);
  assert.equal((await desk.call(`/tickets/${record.key}`)).body["modifiedTime"], iso(emulator.clock.now()));
  emulator.settings.restoreMovesModifiedTime = false;
});

test("item 35: restoreAll and deleteAll work on the whole bin with 202; a bin row's id may be its own, as set", async () => {
  const record = desk.any("contacts");
  emulator.store.delete("contacts", record.key);
  emulator.settings.binIdIsRecordId = false;
  const binIds = (await desk.call("/recycleBin?limit=100")).rows.map((row) => shown(row["id"]));
  assert.equal(binIds.includes(record.key), false);
  emulator.settings.binIdIsRecordId = true;
  assert.equal((await desk.call("/recycleBin/restoreAll", { method: "POST" })).status, 202);
  assert.equal((await desk.call("/recycleBin")).status, 204);
  assert.equal((await desk.call(`/contacts/${record.key}`)).body["isTrashed"], false);
  emulator.store.delete("contacts", record.key);
  assert.equal((await desk.call("/recycleBin/deleteAll", { method: "POST" })).status, 202);
  assert.equal((await desk.call(`/contacts/${record.key}`)).status, 404);
});

test("a move changes the department, and an archived ticket leaves the list without a new modifiedTime", async () => {
  const [ticket] = desk.live("tickets");
  const target =
    desk.live("departments").find((department) => department.key !== ticket?.detail["departmentId"])?.key ?? "";
  const moved = await desk.post(`/tickets/${ticket?.key ?? ""}/move`, { departmentId: target });
  assert.equal(moved.body["departmentId"], target);
  emulator.store.archive(ticket?.key ?? "");
  const archived = (await desk.call(`/tickets/${ticket?.key ?? ""}`)).body;
  assert.deepEqual([archived["isArchived"], archived["modifiedTime"]], [true, moved.body["modifiedTime"]]);
});
