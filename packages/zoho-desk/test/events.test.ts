import assert from "node:assert/strict";
import { test } from "node:test";
import type { Interpretation, JsonObject, JsonValue } from "@deskmirror/model";
import { eventCatalogue } from "@deskmirror/desk-emulator";
import { EVENT_KINDS, EVENT_TOUCHES } from "../src/events/catalogue.ts";
import { interpret } from "../src/events/interpret.ts";
import { specOf } from "../src/scopes.ts";

const eventMs = Date.UTC(2026, 2, 1, 9);
const orgId = "700";

function read(element: JsonValue): Interpretation {
  return interpret(element, { orgId, absentKeys: () => new Set() });
}

/** A payload with everything a stream's record has, and the ids that name its surroundings. */
function payloadOf(stream: string): JsonObject {
  const { core, whole, detail } = specOf(stream);
  return {
    ...Object.fromEntries([...(core ?? whole), ...detail].map((key) => [key, "x"])),
    id: "41",
    modifiedTime: "2026-03-01T08:00:00.000Z",
    isDeleted: false,
    isTrashed: false,
    ticketId: "77",
    requestId: "77",
  };
}

function event(eventType: string, payload: JsonValue, given: JsonObject = {}): JsonObject {
  return { eventType, eventTime: String(eventMs), orgId, payload, ...given };
}

/** Where every event type of Zoho's list goes (facts 4.6), and the old spellings. */
const destinations: Readonly<Record<string, string>> = {
  Ticket_Add: "tickets upsert",
  Ticket_Update: "tickets upsert",
  Ticket_Delete: "tickets delete",
  Ticket_Comment_Add: "ticket_comments upsert",
  Ticket_Comment_Update: "ticket_comments upsert",
  Ticket_Thread_Add: "ticket_threads upsert",
  Ticket_Attachment_Add: "ticket_attachments upsert",
  Ticket_Attachment_Update: "ticket_attachments upsert",
  Ticket_Attachment_Trashed: "ticket_attachments delete",
  Ticket_Attachment_Restored: "ticket_attachments refetch",
  Ticket_Attachment_Delete: "ticket_attachments delete",
  Ticket_Comment_Attachment_Add: "ticket_comments refetch",
  Ticket_Comment_Attachment_Delete: "ticket_comments refetch",
  Ticket_Approval_Add: "tickets refetch",
  Ticket_Approval_Update: "tickets refetch",
  Contact_Add: "contacts upsert",
  Contact_Update: "contacts upsert",
  Contact_Delete: "contacts delete",
  Account_Add: "accounts upsert",
  Account_Update: "accounts upsert",
  Account_Delete: "accounts delete",
  Agent_Add: "agents upsert",
  Agent_Update: "agents upsert",
  Agent_Delete: "agents delete",
  Agent_Presence_Update: "filtered",
  Agent_Channel_Preference_Update: "filtered",
  Department_Add: "departments upsert",
  Department_Update: "departments upsert",
  Task_Add: "tasks upsert",
  Task_Update: "tasks upsert",
  Task_Delete: "tasks delete",
  Call_Add: "calls upsert",
  Call_Update: "calls upsert",
  Call_Delete: "calls delete",
  Event_Add: "events upsert",
  Event_Update: "events upsert",
  Event_Delete: "events delete",
  TimeEntry_Add: "ticket_time_entries upsert",
  TimeEntry_Update: "ticket_time_entries upsert",
  TimeEntry_Delete: "ticket_time_entries delete",
  Article_Add: "articles upsert",
  Article_Update: "articles upsert",
  Article_Delete: "articles delete",
  Article_Translation_Add: "articles refetch",
  Article_Translation_Update: "articles refetch",
  Article_Translation_Delete: "articles refetch",
  Article_Feedback_Add: "filtered",
  ...Object.fromEntries(
    ["KBRootCategory", "KBSection", "KB_RootCategory", "KB_Section"].flatMap((first) =>
      ["Add", "Update", "Delete"].map((last) => [`${first}_${last}`, "filtered"]),
    ),
  ),
  IM_Message_Add: "filtered",
  IM_Session_Status: "filtered",
  IM_Message_Status: "filtered",
};

for (const [type, destination] of Object.entries(destinations)) {
  test(`${type} goes to ${destination}`, () => {
    const stream = EVENT_KINDS.get(type)?.spec.name ?? "tickets";
    const meant = read(event(type, { ...payloadOf(stream), commentId: "51", articleId: "61" }));
    assert.equal(meant.kind === "change" ? `${meant.stream} ${meant.change.op}` : meant.kind, destination);
    if (meant.kind !== "change") return;
    assert.equal(meant.eventMs, eventMs);
    assert.equal(meant.change.key, { ticket_comments: "51", tickets: "77", articles: "61" }[refetched(meant)] ?? "41");
    if (specOf(meant.stream).parent === "tickets") assert.equal(meant.change.parentId, "77");
  });
}

function refetched({ stream, type }: { readonly stream: string; readonly type: string }): string {
  return EVENT_TOUCHES.has(type) ? stream : "";
}

test("every event type that Zoho offers has a place", () => {
  assert.deepEqual(
    [...eventCatalogue.keys()].filter((type) => !(type in destinations)),
    [],
  );
});

test("only event types that Zoho offers can be subscribed to", () => {
  const all = [...EVENT_KINDS.keys(), ...EVENT_TOUCHES.keys()];
  assert.deepEqual(
    all.filter((type) => !eventCatalogue.has(type)),
    [],
  );
});

test("a delete's payload may be the id alone", () => {
  const meant = read(event("Ticket_Delete", { id: "41" }));
  assert.ok(meant.kind === "change" && meant.change.op === "delete" && meant.change.deletedMs === eventMs);
});

test("an update that says deleted is a delete", () => {
  const meant = read(event("Ticket_Update", { ...payloadOf("tickets"), isTrashed: "true" }));
  assert.ok(meant.kind === "change" && meant.change.op === "delete" && !meant.lacksDetail);
});

test("an event that lacks detail says so, one that lacks core keys is asked for", () => {
  const { description: _gone, ...lacking } = payloadOf("tickets");
  const meant = read(event("Ticket_Update", lacking));
  assert.ok(meant.kind === "change" && meant.change.op === "upsert" && meant.lacksDetail);
  const bare = read(event("Ticket_Update", { id: "41", status: "Closed" }));
  assert.ok(bare.kind === "change" && bare.change.op === "refetch" && bare.change.afterMs === eventMs);
});

test("the first thread of a new ticket and the ticket of a comment are no part of the record", () => {
  const ticket = read(event("Ticket_Add", { ...payloadOf("tickets"), firstThread: { id: "1" } }));
  assert.ok(ticket.kind === "change" && ticket.change.op === "upsert");
  assert.equal(ticket.change.detail?.data["firstThread"], undefined);
  const comment = read(event("Ticket_Comment_Add", payloadOf("ticket_comments")));
  assert.ok(comment.kind === "change" && comment.change.op === "upsert");
  assert.equal(comment.change.core?.data["ticketId"], undefined);
});

test("a time entry of a task has no table", () => {
  const payload = { ...payloadOf("ticket_time_entries"), parent: { type: "TASKS", id: "9" } };
  assert.equal(read(event("TimeEntry_Add", payload)).kind, "filtered");
});

test("a touch that does not name its record concerns no table", () => {
  assert.equal(read(event("Ticket_Comment_Attachment_Add", { id: "1", ticketId: "77" })).kind, "filtered");
  assert.equal(read(event("Ticket_Comment_Attachment_Add", { id: "1", commentId: "51" })).kind, "filtered");
});

test("eventTime is a number or text", () => {
  for (const eventTime of [eventMs, String(eventMs), "2026-03-01T09:00:00.000Z"]) {
    const meant = read(event("Ticket_Delete", { id: "41" }, { eventTime }));
    assert.ok(meant.kind === "change" && meant.eventMs === eventMs);
  }
});

test("an event without orgId is taken, as a number too", () => {
  for (const given of [700, orgId])
    assert.equal(read(event("Ticket_Delete", { id: "1" }, { orgId: given })).kind, "change");
  const { orgId: _none, ...bare } = event("Ticket_Delete", { id: "1" });
  assert.equal(read(bare).kind, "change");
});

const comment = payloadOf("ticket_comments");
const { ticketId: _ticket, requestId: _request, ...orphan } = comment;
const bad: readonly [string, JsonValue, string][] = [
  ["a number", 5, "shape"],
  ["text", "Ticket_Add", "shape"],
  ["null", null, "shape"],
  ["an array", [], "shape"],
  ["an empty object", {}, "shape"],
  ["an object without payload", { eventType: "Ticket_Add", eventTime: "1", orgId }, "shape"],
  ["a payload that is text", event("Ticket_Add", "x"), "shape"],
  ["a payload without id", event("Ticket_Add", { subject: "x" }), "shape"],
  ["no eventTime", event("Ticket_Add", payloadOf("tickets"), { eventTime: null }), "shape"],
  ["an eventTime that is no time", event("Ticket_Add", payloadOf("tickets"), { eventTime: "noon" }), "shape"],
  ["a comment of no ticket", event("Ticket_Comment_Add", orphan), "shape"],
  ["an event of another organization", event("Ticket_Add", payloadOf("tickets"), { orgId: "701" }), "org"],
  ["an unknown type", event("Ticket_Sing", { id: "1" }), "unknown-event"],
];
for (const [what, element, reason] of bad) {
  test(`${what} is set aside with reason ${reason}`, () => {
    const meant = read(element);
    assert.ok(meant.kind === "dead");
    assert.equal(meant.reason, reason);
    assert.ok(meant.message.length > 10);
  });
}
