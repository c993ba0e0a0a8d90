import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { PermanentError, TransientError } from "@deskmirror/model";
import type { DeadLetter, Delivery, Source } from "@deskmirror/model";
import { createApply } from "../src/mirror/apply.ts";
import { createReadForeign } from "../src/mirror/foreign.ts";
import { createStage } from "./support/stage.ts";
import type { Stage } from "./support/stage.ts";

interface Given {
  readonly waitMs?: (work: { readonly id: string; readonly size: number }) => Promise<number>;
  /** The source instead of the stage's. */
  readonly source?: Source;
  readonly receivedMs?: number;
  readonly module?: string;
}

/** Applies foreign bodies as one group; gives where they went and the letters. */
async function apply(stage: Stage, bodies: readonly unknown[], given: Given = {}) {
  const { contexts } = stage;
  const { source = stage.source, waitMs = async () => 0 } = given;
  const letters: DeadLetter[] = [];
  const observe = { event: () => {}, lackedDetail: () => {}, signature: () => {} };
  const addDeadLetters = async (added: readonly DeadLetter[]): Promise<void> => void letters.push(...added);
  const readForeign = createReadForeign({ source, contexts, waitMs });
  const run = createApply({ source, contexts, readForeign, addDeadLetters, observe });
  const deliveries = bodies.map((body, index): Delivery => {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const { receivedMs = Date.now(), module = null } = given;
    const unsigned = { signature: "missing", token: null } as const;
    return { id: `0${index}`, receivedMs, body: text, kind: "foreign", ...unsigned, module, events: 1 };
  });
  const settlement = await run({ id: "g-1", source: "acme", deliveries }, { stalledTimes: 0 });
  return { settlement, letters };
}

const settled = (buckets: object) => ({ applied: 0, superseded: 0, filtered: 0, deadLettered: 0, ...buckets });

const doubtsOf = async ({ sink }: Stage) =>
  (await sink.doubts("acme", 100)).map(({ stream, key }) => `${stream}/${key}`).toSorted();

/** A live record of a table. */
function recordOf({ desk }: Stage, table: "tickets" | "contacts" | "tasks") {
  const found = desk.store.records(table).find(({ deleted, archived }) => !deleted && !archived)!;
  const { ticketNumber = "" } = found.detail;
  return { key: found.key, ticketNumber: ticketNumber as string };
}

/** A source whose search is as given. */
const withSearch = (stage: Stage, findTicket: Source["findTicket"]): Source => ({ ...stage.source, findTicket });

test("the records that JSON, form and text name are asked for, and so become what Zoho says", async () => {
  await using stage = await createStage(["tickets", "contacts", "tasks"]);
  await stage.pull("tickets", "contacts", "tasks");
  const [ticket, contact, task] = [recordOf(stage, "tickets"), recordOf(stage, "contacts"), recordOf(stage, "tasks")];
  stage.desk.store.update("tickets", ticket.key, { subject: "told by a workflow rule" });
  stage.desk.store.update("contacts", contact.key, { lastName: "Told" });
  stage.desk.store.update("tasks", task.key, { subject: "told by a function" });
  const bodies = [
    `Ticket #${ticket.ticketNumber} was changed`,
    `module=Contacts&id=${contact.key}`,
    { data: { taskId: task.key } },
  ];
  const { settlement, letters } = await apply(stage, bodies);
  assert.deepEqual(settlement, settled({ superseded: 3 }));
  assert.deepEqual(letters, []);
  assert.deepEqual(await doubtsOf(stage), [`contacts/${contact.key}`, `tasks/${task.key}`, `tickets/${ticket.key}`]);
  // A GET is known current no later than some 2.5 s before it was sent.
  await sleep(3_500);
  for (const table of ["tickets", "contacts", "tasks"]) await stage.settle(table);
  assert.deepEqual(await doubtsOf(stage), []);
  const { equal, tables } = await stage.verify("tickets", "contacts", "tasks");
  assert.ok(equal, JSON.stringify(tables));
});

test("an id without a module is of the table that has it, else of a ticket", async () => {
  await using stage = await createStage(["tickets", "contacts"]);
  await stage.pull("tickets", "contacts");
  const contact = recordOf(stage, "contacts");
  const { settlement } = await apply(stage, [`see ${contact.key}`, { id: "410000999999999" }]);
  assert.deepEqual(settlement, settled({ superseded: 2 }));
  assert.deepEqual(await doubtsOf(stage), [`contacts/${contact.key}`, "tickets/410000999999999"]);
});

test("what names no record is a dead letter with its body and its URL's module, the others of the group go on", async () => {
  await using stage = await createStage(["tickets"]);
  const { key } = recordOf(stage, "tickets");
  const { settlement, letters } = await apply(stage, ["the printer is on fire", key], { module: "Tickets" });
  assert.deepEqual(settlement, settled({ superseded: 1, deadLettered: 1 }));
  const [{ id, reason, body, module, message, attempts }] = letters as [DeadLetter];
  assert.deepEqual(
    { id, reason, body, module, attempts },
    { id: "00.0", reason: "foreign", body: "the printer is on fire", module: "Tickets", attempts: 1 },
  );
  assert.match(message, /"module":"Tickets"/);
});

test("records of tables that are not wanted are filtered, and cost neither a turn nor a call", async () => {
  await using stage = await createStage(["contacts"]);
  const refuse = () => Promise.reject(new Error("asked"));
  const given = { waitMs: refuse, source: withSearch(stage, refuse) };
  const { settlement } = await apply(stage, ["Ticket #101", { module: "Tasks", id: "410000000101001" }], given);
  assert.deepEqual(settlement, settled({ filtered: 2 }));
});

test("before its turn nothing is written, and only this group waits", async () => {
  await using stage = await createStage(["tickets"]);
  const asked: { readonly id: string; readonly size: number }[] = [];
  const waitMs = async (work: (typeof asked)[number]): Promise<number> => asked.push(work) * 7_000;
  const { key } = recordOf(stage, "tickets");
  const bodies = [key, { ticketId: key }, { module: "Tickets", id: key }, "Ticket #101", "nothing"];
  await assert.rejects(apply(stage, bodies, { waitMs }), (error) => {
    assert.ok(error instanceof TransientError);
    assert.equal(error.retryAfterMs, 7_000);
    return true;
  });
  // The second and third say the same: they are asked for once.
  assert.deepEqual(asked, [{ id: "00", size: 3 }]);
  assert.deepEqual(await doubtsOf(stage), []);
});

test("a ticket number that the search does not show yet is looked up again, after two minutes it is dead", async () => {
  await using stage = await createStage(["tickets"]);
  const source = withSearch(stage, async () => null);
  await assert.rejects(apply(stage, ["Ticket #999"], { source }), { name: "TransientError", retryAfterMs: 30_000 });
  const { settlement, letters } = await apply(stage, ["Ticket #999"], { source, receivedMs: Date.now() - 130_000 });
  assert.deepEqual(settlement, settled({ deadLettered: 1 }));
  assert.match(letters[0]!.message, /no ticket number 999/);
});

test("a look-up that fails delays its own group, never the source's; one that is refused is a dead letter", async () => {
  await using stage = await createStage(["tickets"]);
  const away = withSearch(stage, () => Promise.reject(new TransientError("Zoho is away")));
  await assert.rejects(apply(stage, ["Ticket #101"], { source: away }), { retryAfterMs: 30_000 });
  const slow = new TransientError("no credits", { retryAfterMs: 3_600_000 });
  const broke = withSearch(stage, () => Promise.reject(slow));
  await assert.rejects(apply(stage, ["Ticket #101"], { source: broke }), { retryAfterMs: 3_600_000 });
  const noScope = withSearch(stage, () => Promise.reject(new PermanentError("the grant lacks Desk.search.READ")));
  const { letters } = await apply(stage, ["Ticket #101"], { source: noScope });
  assert.match(letters[0]!.message, /Desk\.search\.READ/);
});
