import assert from "node:assert/strict";
import { test } from "node:test";
import type { DeadLetter, Delivery, DeliveryGroup } from "@deskmirror/model";
import { createApply } from "../src/mirror/apply.ts";
import { createReadForeign } from "../src/mirror/foreign.ts";
import { createStage } from "./support/stage.ts";
import type { Stage } from "./support/stage.ts";

/** Applies bodies as one group, each a delivery of its own; gives where the events went, the letters, and the names metrics saw. */
async function apply({ source, contexts }: Stage, bodies: readonly unknown[], how = { stalledTimes: 0 }) {
  const letters: DeadLetter[] = [];
  const names = new Set<string>();
  const observe = { event: (name: string) => void names.add(name), lackedDetail: () => {}, signature: () => {} };
  const addDeadLetters = async (added: readonly DeadLetter[]): Promise<void> => void letters.push(...added);
  const readForeign = createReadForeign({ source, contexts, waitMs: async () => 0 });
  const run = createApply({ source, contexts, readForeign, addDeadLetters, observe });
  const deliveries = bodies.map((body, index) => toDelivery(`0${index}`, body));
  const group: DeliveryGroup = { id: "g-1", source: "acme", deliveries };
  return { settlement: await run(group, how), letters, names };
}

function toDelivery(id: string, body: unknown): Delivery {
  const isText = typeof body === "string";
  return {
    id,
    receivedMs: 1_000,
    body: isText ? body : JSON.stringify(body),
    kind: isText ? "foreign" : "events",
    signature: "missing",
    token: null,
    module: null,
    events: Array.isArray(body) ? body.length : 1,
  };
}

function event(stage: Stage, eventType: string, payload: object, orgId = stage.desk.orgId) {
  return { eventType, eventTime: String(Date.now()), orgId, payload };
}

function ticketUpdate(stage: Stage) {
  const { detail } = stage.desk.store.records("tickets").find(({ deleted }) => !deleted)!;
  return event(stage, "Ticket_Update", detail);
}

const heads = (letters: readonly DeadLetter[]) =>
  letters.map(({ id, events, reason, eventType, table }) => ({ id, events, reason, eventType, table }));

test("elements that are no events are one letter, however many they are", async () => {
  await using stage = await createStage(["tickets"]);
  const junk = Array.from({ length: 60_000 }, () => 1);
  const { settlement, letters } = await apply(stage, [[...junk, ticketUpdate(stage)]]);
  assert.deepEqual(settlement, { applied: 1, superseded: 0, filtered: 0, deadLettered: 60_000 });
  assert.deepEqual(heads(letters), [
    { id: "00.0", events: 60_000, reason: "shape", eventType: "unknown", table: null },
  ]);
  assert.equal(letters[0]!.body, JSON.stringify(junk));
});

test("a letter holds the events of its reason and name only, the others of the array go on", async () => {
  await using stage = await createStage(["tickets"]);
  const foreign = event(stage, "Ticket_Update", { id: "1" }, "999");
  const news = event(stage, "News_Add", { id: "1" });
  const { settlement, letters, names } = await apply(stage, [[foreign, ticketUpdate(stage), news, foreign, news]]);
  assert.deepEqual(settlement, { applied: 1, superseded: 0, filtered: 0, deadLettered: 4 });
  assert.deepEqual(heads(letters), [
    { id: "00.0", events: 2, reason: "org", eventType: "Ticket_Update", table: null },
    { id: "00.2", events: 2, reason: "unknown-event", eventType: "News_Add", table: null },
  ]);
  assert.deepEqual(JSON.parse(letters[1]!.body), [news, news]);
  assert.deepEqual([...names].toSorted(), ["Ticket_Update", "unknown"]);
});

test("a delivery that is refused whole is one letter of all its events, with its body as it came", async () => {
  await using stage = await createStage(["tickets"]);
  const { settlement, letters } = await apply(stage, ["id=one&module=Tickets"]);
  assert.deepEqual(settlement, { applied: 0, superseded: 0, filtered: 0, deadLettered: 1 });
  assert.deepEqual(heads(letters), [{ id: "00.0", events: 1, reason: "foreign", eventType: null, table: null }]);
  assert.equal(letters[0]!.body, "id=one&module=Tickets");
});

test("sim #6157: every event of an array is applied, not the first alone", async () => {
  await using stage = await createStage(["tickets"]);
  const tickets = [...stage.desk.store.records("tickets")].filter(({ deleted }) => !deleted).slice(0, 3);
  const events = tickets.map(({ detail }) => event(stage, "Ticket_Update", detail));
  const { settlement } = await apply(stage, [events]);
  assert.deepEqual(settlement, { applied: 3, superseded: 0, filtered: 0, deadLettered: 0 });
  const keys = tickets.map(({ key }) => key);
  const rows = await stage.sink.rowsByKey(stage.context("tickets").writer.table, keys);
  assert.deepEqual(new Set(rows.map(({ key }) => key)), new Set(keys));
});

test("events of tables that are not wanted, and known ones without a table, are filtered", async () => {
  await using stage = await createStage(["tickets"]);
  const unwanted = [event(stage, "Contact_Update", { id: "1", lastName: "x" }), event(stage, "KBRootCategory_Add", {})];
  const { settlement, letters } = await apply(stage, [unwanted]);
  assert.deepEqual([settlement.filtered, letters], [2, []]);
});

test("a group that stalled twice is applied one delivery at a time, and comes to the same", async () => {
  await using stage = await createStage(["tickets"]);
  const bodies = [[ticketUpdate(stage)], [1], [ticketUpdate(stage)]];
  const { settlement, letters } = await apply(stage, bodies, { stalledTimes: 2 });
  assert.deepEqual(settlement, { applied: 2, superseded: 0, filtered: 0, deadLettered: 1 });
  assert.deepEqual(
    letters.map(({ id }) => id),
    ["01.0"],
  );
});
