import assert from "node:assert/strict";
import { test } from "node:test";
import { newTicket, startDesk } from "./support/desk.ts";
import { createHooks } from "./support/hooks.ts";

const desk = await startDesk();
const { emulator } = desk;
const { store } = emulator;
const { listen, eventsOf, ids } = createHooks(desk);

test("item 43: departmentIds, fields and direction are honoured", async () => {
  const [first, second] = desk.live("departments");
  const receiver = await listen({
    Ticket_Add: { departmentIds: [first?.key ?? ""] },
    Ticket_Update: { fields: ["status", "cf_text_1"] },
    Ticket_Thread_Add: { direction: "in" },
    Ticket_Comment_Add: { departmentIds: [second?.key ?? ""] },
  });
  const here = store.create("tickets", newTicket(desk, { departmentId: first?.key ?? "" }));
  const there = store.create("tickets", newTicket(desk, { departmentId: second?.key ?? "" }));
  store.update("tickets", here.id, { priority: "Low" });
  store.update("tickets", here.id, { status: "Closed" });
  store.update("tickets", here.id, { cf: { cf_text_1: "neu" } });
  for (const direction of ["in", "out"])
    store.create("ticket_threads", { content: "x", direction }, { parentId: here.id });
  for (const { id: parentId } of [here, there]) store.create("ticket_comments", { content: "x" }, { parentId });
  const events = await eventsOf(receiver);
  assert.deepEqual(
    events.map(({ eventType, payload }) => [eventType, payload["ticketId"] ?? payload["id"]]),
    [
      ["Ticket_Add", here.id],
      ["Ticket_Update", here.id],
      ["Ticket_Update", here.id],
      ["Ticket_Thread_Add", here.id],
      ["Ticket_Comment_Add", there.id],
    ],
  );
});

test("item 43: changes by automation are sent only with includeEventsFrom AUTOMATION", async () => {
  const without = await listen({ Contact_Add: null });
  const withAutomation = await listen({ Contact_Add: null }, { includeEventsFrom: ["AUTOMATION"] });
  store.create("contacts", { lastName: "von Hand" });
  store.create("contacts", { lastName: "Regel" }, { automation: true });
  assert.deepEqual(
    (await eventsOf(without)).map((event) => event.payload["lastName"]),
    ["von Hand"],
  );
  assert.deepEqual(
    (await eventsOf(withAutomation)).map((event) => event.payload["lastName"]),
    ["von Hand", "Regel"],
  );
});

test("item 46: a disabled webhook gets nothing, and what happened meanwhile is lost", async () => {
  const receiver = await listen({ Contact_Add: null });
  const path = `/webhooks/${ids()[0] ?? ""}`;
  const subscriptions = { Contact_Add: null };
  await desk.patch(path, { subscriptions, isEnabled: false });
  emulator.webhookControls.delayNext(1, 100);
  store.create("contacts", { lastName: "verloren" });
  await desk.patch(path, { subscriptions, isEnabled: true });
  store.create("contacts", { lastName: "gehört" });
  assert.deepEqual(
    (await eventsOf(receiver)).map((event) => event.payload["lastName"]),
    ["gehört"],
  );
});
