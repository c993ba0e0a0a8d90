import assert from "node:assert/strict";
import { test } from "node:test";
import { shown } from "../src/json.ts";
import { eventCatalogue, type Row } from "../src/index.ts";
import { iso, newTicket, startDesk } from "./support/desk.ts";
import { createHooks } from "./support/hooks.ts";

const desk = await startDesk();
const { emulator } = desk;
const { store } = emulator;
const { listen, eventsOf } = createHooks(desk);

const all = Object.fromEntries([...eventCatalogue.keys()].map((name) => [name, null]));

test("item 39: a delivery is a POST of a JSON array of one event with type, time in ms as text, orgId and payload", async () => {
  const receiver = await listen({ Contact_Add: null });
  const contact = store.create("contacts", { lastName: "Øre" });
  await emulator.webhookControls.idle();
  const [delivery] = receiver.deliveries();
  assert.equal(delivery?.method, "POST");
  assert.equal(delivery?.headers["content-type"], "application/json");
  const events = JSON.parse(delivery?.text ?? "") as Row[];
  assert.equal(events.length, 1);
  assert.deepEqual(Object.keys(events[0] ?? {}), ["eventType", "eventTime", "orgId", "payload"]);
  assert.equal(events[0]?.["eventType"], "Contact_Add");
  assert.equal(events[0]?.["eventTime"], shown(emulator.clock.now()));
  assert.equal(events[0]?.["orgId"], emulator.orgId);
  assert.deepEqual(events[0]?.["payload"], (await desk.call(`/contacts/${contact.id}`)).body);
});

test("item 39: up to N events travel in one delivery, as set", async () => {
  const receiver = await listen({ Contact_Add: null });
  emulator.settings.eventsPerDelivery = 5;
  for (let made = 0; made < 11; made += 1) store.create("contacts", { lastName: `Paket ${made}` });
  const events = await eventsOf(receiver);
  emulator.settings.eventsPerDelivery = 1;
  assert.deepEqual(
    events.map((event) => event.payload["lastName"]),
    Array.from({ length: 11 }, (_none, index) => `Paket ${index}`),
  );
  const sizes = receiver.deliveries().map((delivery) => (JSON.parse(delivery.text) as unknown[]).length);
  assert.equal(Math.max(...sizes), 5);
});

test("item 39: prevState comes only with includePrevState, whole or only what changed, as set", async () => {
  const plain = await listen({ Contact_Update: null });
  const withPrevious = await listen({ Contact_Update: { includePrevState: true } });
  const contact = desk.any("contacts");
  store.update("contacts", contact.key, { phone: "1" });
  emulator.settings.prevState = "changed";
  store.update("contacts", contact.key, { phone: "2" });
  emulator.settings.prevState = "full";
  assert.ok((await eventsOf(plain)).every((event) => event.prevState === undefined));
  const [full, changed] = await eventsOf(withPrevious);
  assert.deepEqual(full?.prevState, contact.detail);
  assert.deepEqual(Object.keys(changed?.prevState ?? {}), ["id", "phone", "modifiedTime"]);
  assert.equal(changed?.prevState?.["phone"], "1");
});

test("item 44: products, contracts and deleted comments send nothing; every other module sends its events", async () => {
  const receiver = await listen(all);
  const departmentId = desk.any("departments").key;
  const ticket = store.create("tickets", newTicket(desk));
  const parentId = ticket.id;
  const timed = { subject: "x", departmentId, startTime: iso(emulator.clock.now()) };
  store.update("products", desk.any("products").key, { unitPrice: "1.00" });
  store.update("contracts", desk.any("contracts").key, { description: "x" });
  store.update("tickets", ticket.id, { priority: "High" });
  const comment = store.create("ticket_comments", { content: "x" }, { parentId });
  store.update("ticket_comments", comment.id, { content: "y" });
  store.delete("ticket_comments", comment.id);
  store.create("ticket_threads", { content: "x", direction: "in" }, { parentId });
  const attachment = store.create("ticket_attachments", { name: "a.pdf" }, { parentId });
  store.update("ticket_attachments", attachment.id, { isPublic: true });
  store.delete("ticket_attachments", attachment.id);
  store.restore("ticket_attachments", attachment.id);
  store.purge("ticket_attachments", attachment.id);
  for (const [table, fields] of [
    ["ticket_time_entries", { executedTime: iso(emulator.clock.now()) }],
    ["contacts", { lastName: "x" }],
    ["accounts", { accountName: "x" }],
    ["agents", { lastName: "x", emailId: "x@example.org" }],
    ["tasks", { subject: "x", departmentId }],
    ["calls", timed],
    ["events", timed],
    ["articles", { title: "x" }],
  ] as const) {
    const { id } = store.create(table, fields, table === "ticket_time_entries" ? { parentId } : {});
    store.update(table, id, {});
    store.delete(table, id);
  }
  const department = store.create("departments", { name: "Neu" });
  store.update("departments", department.id, { name: "Neuer" });
  store.delete("tickets", ticket.id);
  const types = (await eventsOf(receiver)).map((event) => event.eventType);
  const trio = (name: string) => [`${name}_Add`, `${name}_Update`, `${name}_Delete`];
  assert.deepEqual(
    types.toSorted(),
    [
      ...["Ticket", "TimeEntry", "Contact", "Account", "Agent", "Task", "Call", "Event", "Article"].flatMap(trio),
      "Department_Add",
      "Department_Update",
      "Ticket_Comment_Add",
      "Ticket_Comment_Update",
      "Ticket_Thread_Add",
      "Ticket_Attachment_Add",
      "Ticket_Attachment_Update",
      "Ticket_Attachment_Trashed",
      "Ticket_Attachment_Restored",
      "Ticket_Attachment_Delete",
    ].toSorted(),
  );
});

test("item 45: Ticket_Add has description HTML and firstThread, thread payloads no addresses, deletes the id only", async () => {
  const receiver = await listen({
    Ticket_Add: null,
    Ticket_Thread_Add: null,
    Ticket_Delete: null,
    Contact_Delete: null,
  });
  const ticket = store.create("tickets", newTicket(desk));
  const thread = store.create("ticket_threads", { content: "<p>y</p>", direction: "in" }, { parentId: ticket.id });
  const detail = (await desk.call(`/tickets/${ticket.id}/threads/${thread.id}`)).body;
  store.delete("tickets", ticket.id);
  const contact = desk.any("contacts").key;
  store.delete("contacts", contact);
  const events = await eventsOf(receiver);
  const payload = (type: string) => events.find((event) => event.eventType === type)?.payload ?? {};
  const added = payload("Ticket_Add");
  assert.equal(added["description"], "<div>Hallo</div>");
  assert.equal((added["contact"] as Row)["id"], added["contactId"]);
  const first = added["firstThread"] as Row;
  assert.deepEqual(
    [first["ticketId"], first["content"], first["isDescriptionThread"]],
    [ticket.id, "<div>Hallo</div>", true],
  );
  const sent = payload("Ticket_Thread_Add");
  for (const key of ["to", "cc", "bcc", "fromEmailAddress"]) {
    assert.equal(key in sent || key in first, false, key);
    assert.equal(key in detail, true, key);
  }
  assert.deepEqual([sent["ticketId"], sent["content"]], [ticket.id, "<p>y</p>"]);
  assert.deepEqual(payload("Ticket_Delete"), { id: ticket.id });
  assert.deepEqual(payload("Contact_Delete"), { id: contact });
});

test("item 45: as set, a delete first sends an update with the deleted flag", async () => {
  const receiver = await listen({ Ticket_Update: null, Ticket_Delete: null });
  const ticket = desk.any("tickets").key;
  emulator.settings.deleteSendsUpdate = true;
  store.delete("tickets", ticket);
  emulator.settings.deleteSendsUpdate = false;
  const [update, deletion] = await eventsOf(receiver);
  assert.deepEqual(
    [update?.eventType, update?.payload["isTrashed"], update?.payload["isDeleted"]],
    ["Ticket_Update", true, true],
  );
  assert.deepEqual([deletion?.eventType, deletion?.payload], ["Ticket_Delete", { id: ticket }]);
});

test("item 35: a restore sends nothing, or Ticket_Update as set", async () => {
  const receiver = await listen(all);
  const ticket = desk.any("tickets").key;
  for (const event of ["none", "Ticket_Update"] as const) {
    emulator.settings.restoreEvent = event;
    store.delete("tickets", ticket);
    store.restore("tickets", ticket);
  }
  emulator.settings.restoreEvent = "none";
  assert.deepEqual(
    (await eventsOf(receiver)).map((event) => event.eventType),
    ["Ticket_Delete", "Ticket_Delete", "Ticket_Update"],
  );
});
