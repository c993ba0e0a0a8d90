import { isoTime, shown, textOf, type Json, type MutableRow, type Row } from "../json.ts";
import {
  customFieldsByLabel,
  isTrashed,
  joinedAgent,
  joinedContact,
  joinedDepartment,
  joinedProduct,
  joinedTeam,
  layoutDetails,
  webUrl,
} from "./joins.ts";
import { oneOf, table, type Filter, keys } from "./spec.ts";

/** Statuses of tickets and the type each one counts as. */
export const statusTypes: Readonly<Record<string, string>> = {
  Open: "Open",
  Escalated: "Open",
  "Waiting on customer": "On Hold",
  "On Hold": "On Hold",
  Closed: "Closed",
};

/** The type a status counts as. */
export function statusTypeOf(status: Json | undefined): string {
  return statusTypes[shown(status)] ?? "Open";
}

const statusMacros: Readonly<Record<string, string>> = {
  "${open}": "Open",
  "${onhold}": "On Hold",
  "${closed}": "Closed",
};

/** Passes the named statuses, and the macros for a type of status. */
export const statusFilter: Filter = (state, value) =>
  value.split(",").some((wanted) => {
    const type = statusMacros[wanted.toLowerCase()];
    const status = shown(state.data["status"]);
    return type === undefined ? wanted.toLowerCase() === status.toLowerCase() : statusTypeOf(status) === type;
  });

const assigneeFilter: Filter = (state, value) => {
  const assignee = textOf(state.data, "assigneeId");
  return value.split(",").some((wanted) => (wanted === "Unassigned" ? assignee === null : wanted === assignee));
};

const receivedInDays: Filter = (state, value, context) => {
  const at = Date.parse(textOf(state.data, "customerResponseTime") ?? "");
  return at >= context.now() - Number(value) * 86_400_000;
};

function isPast(key: string) {
  return (state: { readonly data: Row }, context: { now(): number }): boolean => {
    const due = textOf(state.data, key);
    return due !== null && state.data["closedTime"] === null && Date.parse(due) < context.now();
  };
}

function settle(data: MutableRow, before: Row | null, atMs: number): void {
  const type = statusTypeOf(data["status"]);
  const wasType = before === null ? "Open" : statusTypeOf(before["status"]);
  if (type === wasType) return;
  data["closedTime"] = type === "Closed" ? isoTime(atMs) : null;
  data["onholdTime"] = type === "On Hold" ? isoTime(atMs) : null;
}

/** A ticket with nothing filled in. */
export const blankTicket: Row = {
  ticketNumber: null,
  subject: null,
  dueDate: null,
  channel: "Web",
  channelCode: null,
  language: "English",
  priority: null,
  assigneeId: null,
  teamId: null,
  email: null,
  phone: null,
  productId: null,
  status: "Open",
  sentiment: null,
  category: null,
  subCategory: null,
  customerResponseTime: null,
  responseDueDate: null,
  relationshipType: null,
  contactId: null,
  accountId: null,
  departmentId: null,
  layoutId: null,
  isSpam: false,
  threadCount: "0",
  commentCount: "0",
  onholdTime: null,
  lockedTime: null,
  closedTime: null,
  lastThread: null,
  source: { appName: null, extId: null, permalink: null, type: "SYSTEM", appPhotoURL: null, uuid: null },
  modifiedBy: null,
  createdBy: null,
  description: null,
  resolution: null,
  classification: null,
  cf: {},
  entitySkills: [],
  isEscalated: false,
  isFollowing: false,
  isRead: false,
  approvalCount: "0",
  timeEntryCount: "0",
  taskCount: "0",
  attachmentCount: "0",
  tagCount: "0",
  followerCount: "0",
  sharedCount: "0",
  childTicketCount: "0",
  secondaryContacts: [],
  sharedDepartments: [],
  slaId: null,
  contractId: null,
  channelRelatedInfo: null,
  sourceTicket: null,
  descAttachments: [],
};

const ticketIncludes = {
  contacts: "contact",
  products: "product",
  departments: "department",
  team: "team",
  assignee: "assignee",
  isRead: "isRead",
};

/** Tickets (Zoho Desk OpenAPI, Ticket and Search; the HTML documentation for what it adds). */
export const tickets = table({
  table: "tickets",
  path: "/tickets",
  page: { min: 1, max: 100, default: 25 },
  sorts: keys("dueDate createdTime recentThread responseDueDate customerResponseTime ticketNumber modifiedTime"),
  defaultSort: "-createdTime",
  filters: {
    departmentIds: oneOf("departmentId"),
    departmentId: oneOf("departmentId"),
    assignee: assigneeFilter,
    channel: oneOf("channel"),
    status: statusFilter,
    priority: oneOf("priority"),
    teamIds: oneOf("teamId"),
    receivedInDays,
  },
  ignored: ["viewId", "filters"],
  includes: {
    list: ticketIncludes,
    detail: { ...ticketIncludes, contract: "contract", skills: "skills" },
  },
  fields: "all",
  list: keys(`
    id ticketNumber subject dueDate channel channelCode language priority assigneeId teamId email phone
    productId status statusType sentiment category subCategory customerResponseTime responseDueDate
    relationshipType contactId accountId departmentId layoutId isArchived isSpam threadCount commentCount
    onholdTime lockedTime closedTime createdTime webUrl lastThread source
  `),
  detail: keys(`
    modifiedTime modifiedBy createdBy description resolution classification cf customFields entitySkills
    isOverDue isResponseOverdue isEscalated isDeleted isTrashed isFollowing approvalCount timeEntryCount
    taskCount attachmentCount tagCount followerCount sharedCount secondaryContacts sharedDepartments slaId
    contractId layoutDetails channelRelatedInfo sourceTicket descAttachments
  `),
  search: {
    keys: keys(`
    id accountId assignee assigneeId category cf channel childTicketCount classification closedTime
    commentCount contact contactId createdBy createdTime customFields customerResponseTime department
    departmentId description dueDate email entitySkills isArchived isEscalated isOverDue isRead isSpam
    language lastThread layoutId lockedTime modifiedBy modifiedTime onholdTime phone priority product
    productId resolution responseDueDate secondaryContacts sharedDepartments slaId status statusType
    subCategory subject team teamId threadCount ticketNumber webUrl
  `),
    attributes: keys(
      "email phone ticketNumber subject priority channel category contactId accountId productId assigneeId",
    ),
  },
  derived: {
    statusType: (state) => statusTypeOf(state.data["status"]),
    isArchived: (state) => state.archived,
    isDeleted: isTrashed,
    isTrashed,
    isOverDue: isPast("dueDate"),
    isResponseOverdue: isPast("responseDueDate"),
    webUrl: webUrl("Cases"),
    customFields: customFieldsByLabel("tickets"),
    layoutDetails,
    contact: joinedContact,
    product: joinedProduct,
    department: joinedDepartment,
    team: joinedTeam,
    assignee: joinedAgent("assigneeId"),
    contract: (state) => state.data["contractId"] ?? null,
    skills: (state) => state.data["entitySkills"] ?? [],
  },
  scopes: { groups: ["Desk.tickets"] },
  count: "/ticketsCount",
  eventPrefix: "Ticket",
  bin: { type: "Tickets", module: "tickets", idsKey: "ticketIds" },
  write: {
    blank: blankTicket,
    required: ["subject", "departmentId", "contactId"],
    readOnly: ["ticketNumber", "threadCount", "commentCount", "createdBy", "modifiedBy"],
    remove: "bin",
    counted: null,
    birth: ({ store, fields, nowMs }) => {
      const contact = store.get("contacts", textOf(fields, "contactId") ?? "")?.data ?? {};
      return {
        ticketNumber: String(store.nextTicketNumber()),
        customerResponseTime: isoTime(nowMs),
        accountId: contact["accountId"] ?? null,
        email: contact["email"] ?? null,
        phone: contact["phone"] ?? null,
      };
    },
    settle,
  },
  modified: true,
});
