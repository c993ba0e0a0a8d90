import { textOf, type Row } from "../json.ts";
import { authorOf, plainText } from "./authors.ts";
import { customFieldsByLabel, joinedAgent, layoutDetails } from "./joins.ts";
import { table, keys } from "./spec.ts";

/** A thread with nothing filled in. */
export const blankThread: Row = {
  channel: "EMAIL",
  direction: "in",
  status: "SUCCESS",
  visibility: "public",
  isDescriptionThread: false,
  canReply: true,
  hasAttach: false,
  attachmentCount: "0",
  author: null,
  fromEmailAddress: null,
  to: null,
  cc: null,
  bcc: null,
  isForward: false,
  summary: null,
  responderId: null,
  respondedIn: null,
  contentType: "text/html",
  source: { appName: null, extId: null, permalink: null, type: "SYSTEM", appPhotoURL: null },
  channelRelatedInfo: null,
  actions: [],
  lastRatingIconURL: null,
  content: null,
  isContentTruncated: false,
  fullContentURL: null,
  attachments: [],
  replyTo: null,
};

/** Threads of a ticket (Zoho Desk OpenAPI, Thread); only the detail has the body. */
export const threads = table({
  table: "ticket_threads",
  path: "/tickets/:parentId/threads",
  page: { min: 1, max: 200, default: 100 },
  sorts: ["sendDateTime"],
  defaultSort: "-sendDateTime",
  includes: { list: {}, detail: { plainText: "plainText" } },
  list: keys(`
    id channel direction status visibility isDescriptionThread canReply hasAttach attachmentCount author
    fromEmailAddress to cc bcc isForward summary responderId respondedIn createdTime contentType source
    channelRelatedInfo actions lastRatingIconURL
  `),
  detail: ["content", "isContentTruncated", "fullContentURL", "attachments", "replyTo"],
  derived: { plainText: (state) => plainText(state.data["content"]) },
  scopes: { groups: ["Desk.tickets"] },
  eventPrefix: "Ticket_Thread",
  write: {
    blank: blankThread,
    required: ["content"],
    readOnly: [],
    remove: "never",
    counted: { key: "threadCount", ticketKey: null },
    birth: ({ store, fields, parentId, actorId }) => {
      const incoming = fields["direction"] === "in";
      const ticket = store.get("tickets", parentId ?? "")?.data ?? {};
      return {
        author: incoming ? authorOf(store, "END_USER", textOf(ticket, "contactId")) : authorOf(store, "AGENT", actorId),
        fromEmailAddress: incoming ? (ticket["email"] ?? null) : "support@nordlicht.example",
        to: incoming ? "support@nordlicht.example" : (ticket["email"] ?? null),
        summary: plainText(fields["content"]).slice(0, 60),
        responderId: incoming ? null : actorId,
      };
    },
  },
});

/** A comment with nothing filled in. */
export const blankComment: Row = {
  content: null,
  contentType: "html",
  isPublic: false,
  commenterId: null,
  commenter: null,
  attachments: [],
  mention: [],
  impersonatedUser: null,
};

/** Comments of a ticket (Zoho Desk OpenAPI, TicketComments); modifiedTime is null until one is edited. */
export const comments = table({
  table: "ticket_comments",
  path: "/tickets/:parentId/comments",
  page: { min: 1, max: 100, default: 50 },
  sorts: ["commentedTime"],
  defaultSort: "commentedTime",
  includes: {
    list: { mentions: "mention", plainText: "plainText" },
    detail: { mentions: "mention", plainText: "plainText" },
  },
  list: keys(`
    id content contentType isPublic commentedTime modifiedTime commenterId commenter attachments mention
    impersonatedUser
  `),
  derived: { plainText: (state) => plainText(state.data["content"]) },
  scopes: { groups: ["Desk.tickets"] },
  eventPrefix: "Ticket_Comment",
  write: {
    blank: blankComment,
    required: ["content"],
    readOnly: ["commenterId", "commenter"],
    remove: "erase",
    counted: { key: "commentCount", ticketKey: null },
    birth: ({ store, actorId }) => ({ commenterId: actorId, commenter: authorOf(store, "AGENT", actorId) }),
  },
  modified: true,
});

/** An attachment with nothing filled in. */
export const blankAttachment: Row = { name: null, size: "0", isPublic: false, creatorId: null };

/** Attachments of a ticket (Zoho Desk OpenAPI, TicketAttachment). */
export const attachments = table({
  table: "ticket_attachments",
  path: "/tickets/:parentId/attachments",
  sorts: ["createdTime"],
  defaultSort: "createdTime",
  includes: { list: { creator: "creator" }, detail: { creator: "creator" } },
  list: keys("id name size href previewurl isPublic createdTime creatorId"),
  derived: {
    href: (state, context) => context.apiUrl(`/tickets/${state.parentId}/attachments/${state.id}/content`),
    previewurl: (state, context) =>
      context.apiUrl(`/tickets/${state.parentId}/attachments/${state.id}/content?inline=true`),
    creator: joinedAgent("creatorId"),
  },
  scopes: { groups: ["Desk.tickets"] },
  eventPrefix: "Ticket_Attachment",
  bin: { type: "Attachments", module: "attachments", idsKey: null },
  write: {
    blank: blankAttachment,
    required: ["name"],
    readOnly: ["creatorId"],
    remove: "bin",
    counted: { key: "attachmentCount", ticketKey: null },
  },
});

/** A time entry with nothing filled in. */
export const blankTimeEntry: Row = {
  requestId: null,
  departmentId: null,
  ownerId: null,
  createdBy: null,
  creatorId: null,
  executedTime: null,
  hoursSpent: "0",
  minutesSpent: "0",
  secondsSpent: "0",
  requestChargeType: null,
  agentCostPerHour: "0.00",
  fixedCost: "0.00",
  additionalCost: "0.00",
  totalCost: "0.00",
  billingType: "FIXED_COST_FOR_AGENTS",
  isBillable: false,
  mode: "MANUAL",
  invoiceId: null,
  taskId: null,
  description: null,
  layoutId: null,
  cf: {},
};

/** Time entries of a ticket (Zoho Desk OpenAPI, TicketTimeEntry); no modifiedTime in the row. */
export const timeEntries = table({
  table: "ticket_time_entries",
  path: "/tickets/:parentId/timeEntry",
  sorts: [],
  defaultSort: "executedTime",
  filters: {
    billingType: (state, value) => state.data["billingType"] === value,
    modifiedTimeRange: (state, value) => {
      const [from, to] = value.split(",").map(Date.parse) as [number, number];
      return state.modifiedMs >= from && state.modifiedMs <= to;
    },
  },
  ignored: ["orderBy", "module"],
  includes: { list: { owner: "owner" }, detail: { owner: "owner" } },
  list: keys(`
    id requestId parent departmentId ownerId createdBy creatorId createdTime executedTime hoursSpent
    minutesSpent secondsSpent requestChargeType agentCostPerHour fixedCost additionalCost totalCost
    billingType isBillable isTrashed mode invoiceId taskId description layoutId layoutDetails cf
    customFields
  `),
  derived: {
    isTrashed: (state) => String(state.trashed !== null),
    parent: (state, context) => {
      const ticket = context.store.get("tickets", String(state.parentId));
      return {
        type: "TICKETS",
        id: state.parentId,
        ticketNumber: ticket?.data["ticketNumber"] ?? null,
        subject: ticket?.data["subject"] ?? null,
      };
    },
    owner: joinedAgent("ownerId"),
    layoutDetails,
    customFields: customFieldsByLabel("timeEntry"),
  },
  scopes: { groups: ["Desk.tickets"] },
  eventPrefix: "TimeEntry",
  bin: { type: "TimeEntry", module: "timeEntry", idsKey: null },
  write: {
    blank: blankTimeEntry,
    required: ["executedTime"],
    readOnly: ["requestId", "createdBy", "creatorId"],
    remove: "bin",
    counted: { key: "timeEntryCount", ticketKey: null },
    birth: ({ store, parentId, actorId }) => ({
      requestId: parentId,
      departmentId: store.get("tickets", parentId ?? "")?.data["departmentId"] ?? null,
      ownerId: actorId,
    }),
  },
});

/** History of a ticket (Zoho Desk OpenAPI, TicketHistory); rows have no id. */
export const history = table({
  table: "ticket_history",
  path: "/tickets/:parentId/History",
  page: { min: 1, max: 50, default: 10 },
  sorts: [],
  defaultSort: "-eventTime",
  ignored: ["agentId", "eventFilter", "fieldName"],
  list: ["eventName", "eventTime", "actor", "actorInfo", "source", "eventInfo"],
  scopes: { groups: ["Desk.tickets"] },
});
