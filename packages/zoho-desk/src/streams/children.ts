import type { JsonObject } from "@deskmirror/model";
import { hashContent } from "@deskmirror/model";
import { toText, toTime } from "../values.ts";
import { orderBy, stream } from "./spec.ts";
import type { StreamSpec } from "./spec.ts";

const ofTicket: Pick<StreamSpec, "parent" | "parentKeys" | "scopes"> = {
  parent: "tickets",
  parentKeys: ["ticketId"],
  scopes: { read: ["Desk.tickets.READ"] },
};

/** Threads; only the detail has the body, and events lack the addresses, so each is asked for (Zoho Desk OAS, Thread.json). */
export const ticketThreads = stream({
  name: "ticket_threads",
  ...ofTicket,
  list: { path: "/tickets/:parent/threads", limit: 200, order: orderBy("sendDateTime") },
  get: { path: "/tickets/:parent/threads/:key", query: { include: "plainText" } },
  countedBy: "threadCount",
  core: [
    "id",
    "channel",
    "direction",
    "status",
    "visibility",
    "isDescriptionThread",
    "hasAttach",
    "attachmentCount",
    "author",
    "fromEmailAddress",
    "to",
    "cc",
    "bcc",
    "isForward",
    "summary",
    "responderId",
    "createdTime",
    "contentType",
  ],
  detail: ["content", "attachments", "plainText"],
  volatile: ["canReply", "actions", "respondedIn"],
  eventOnly: ["ticketId"],
  events: "Ticket_Thread",
});

/** Comments (Zoho Desk OAS, TicketComment.json): modifiedTime is null until one is edited. */
export const ticketComments = stream({
  name: "ticket_comments",
  ...ofTicket,
  list: { path: "/tickets/:parent/comments", order: orderBy("commentedTime") },
  get: { path: "/tickets/:parent/comments/:key" },
  countedBy: "commentCount",
  modified: "sometimes",
  whole: [
    "id",
    "content",
    "contentType",
    "isPublic",
    "commentedTime",
    "modifiedTime",
    "commenterId",
    "commenter",
    "attachments",
  ],
  eventOnly: ["ticketId"],
  events: "Ticket_Comment",
});

/** Attachments (`attachmentResponse`, Zoho Desk OAS, TicketAttachment.json): no GET by id. */
export const ticketAttachments = stream({
  name: "ticket_attachments",
  ...ofTicket,
  list: { path: "/tickets/:parent/attachments", order: orderBy("createdTime") },
  countedBy: "attachmentCount",
  whole: ["id", "name", "size", "href", "previewurl", "isPublic", "createdTime", "creatorId"],
  eventOnly: ["ticketId"],
  events: "Ticket_Attachment",
  bin: ["Attachments"],
});

/** Time entries of a ticket (Zoho Desk OAS, TicketTimeEntry.json); the order is by executedTime. */
export const ticketTimeEntries = stream({
  name: "ticket_time_entries",
  ...ofTicket,
  parentKeys: ["requestId", "ticketId"],
  list: {
    path: "/tickets/:parent/timeEntry",
    order: { ascending: { orderBy: "ASC" }, descending: { orderBy: "DESC" } },
  },
  get: { path: "/tickets/:parent/timeEntry/:key" },
  whole: [
    "id",
    "requestId",
    "departmentId",
    "ownerId",
    "createdTime",
    "executedTime",
    "hoursSpent",
    "minutesSpent",
    "secondsSpent",
    "totalCost",
    "billingType",
    "description",
    "cf",
  ],
  // `parent` repeats the ticket's number and subject.
  volatile: ["parent"],
  eventOnly: ["ticketId"],
  events: "TimeEntry",
  bin: ["TimeEntry"],
});

/** History of a ticket (Zoho Desk OAS, TicketHistory.json): rows without an id, never changed; that a ticket was made is the first. */
export const ticketHistory = stream({
  name: "ticket_history",
  ...ofTicket,
  list: { path: "/tickets/:parent/History", limit: 50 },
  isNeverEmpty: true,
  toKey: historyKey,
});

const nothing: ReadonlySet<string> = new Set();

function historyKey(row: JsonObject, ticketId: string | null): string | null {
  const eventMs = toTime(row["eventTime"]);
  const eventName = toText(row["eventName"]);
  if (ticketId === null || eventMs === null || eventName === null) return null;
  const content = hashContent({ actor: row["actor"] ?? null, eventInfo: row["eventInfo"] ?? null }, nothing);
  return `${ticketId}:${eventMs}:${eventName}:${content}`;
}
