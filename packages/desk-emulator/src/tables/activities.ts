import { shown, type Row } from "../json.ts";
import {
  customFieldsByLabel,
  isTrashed,
  joinedAgent,
  joinedContact,
  joinedDepartment,
  joinedTeam,
  joinedTicket,
  webUrl,
} from "./joins.ts";
import { oneOf, table, type Derived, type TableSpec, keys } from "./spec.ts";

const blankActivity: Row = {
  subject: null,
  status: null,
  priority: null,
  category: null,
  startTime: null,
  completedTime: null,
  activityTime: null,
  ownerId: null,
  teamId: null,
  contactId: null,
  ticketId: null,
  departmentId: null,
  layoutId: null,
  creatorId: null,
  modifiedBy: null,
  isSpam: false,
  isCommented: false,
  description: null,
  reminder: [],
  cf: {},
};

/** A task with nothing filled in. */
export const blankTask: Row = { ...blankActivity, status: "Not Started", dueDate: null };
/** A call with nothing filled in. */
export const blankCall: Row = {
  ...blankActivity,
  status: "Scheduled",
  direction: "inbound",
  duration: null,
  callId: null,
};
/** A calendar event with nothing filled in. */
export const blankEvent: Row = { ...blankActivity, status: "Not Started", duration: null };

const statusType: Derived = (state) =>
  ["Completed", "Closed", "Canceled", "Missed"].includes(shown(state.data["status"])) ? "Closed" : "Open";

const common = keys(`
    id subject status statusType priority category startTime completedTime activityTime activityType
    createdTime creatorId ownerId teamId ticketId contactId departmentId layoutId isSpam isCommented webUrl
  `);

const searched = keys(`
    id activityType assignee category cf completedTime contact contactId createdTime creatorId customFields
    department departmentId description isCommented modifiedBy modifiedTime ownerId priority reminder status
    statusType subject ticket ticketId webUrl
  `);

const attributes = keys("subject status priority category ownerId ticketId contactId");

const includes = {
  contacts: "contact",
  tickets: "ticket",
  assignee: "assignee",
  teams: "team",
  projects: "projects",
  creator: "creator",
};

function activity(
  kind: "Task" | "Call" | "Event",
  spec: Pick<TableSpec, "table" | "path" | "sorts" | "list" | "detail" | "search" | "write" | "count">,
): TableSpec {
  const plural = `${kind}s`;
  return table({
    ...spec,
    filters: {
      departmentId: oneOf("departmentId"),
      ownerId: oneOf("ownerId"),
      assignee: oneOf("ownerId"),
      status: oneOf("status"),
      priority: oneOf("priority"),
      ticketId: oneOf("ticketId"),
    },
    ignored: ["viewId", "isSpam", "dueDate"],
    includes: { list: includes, detail: includes },
    fields: kind === "Event" ? null : "all",
    derived: {
      statusType,
      isTrashed,
      activityType: () => plural,
      webUrl: webUrl(plural),
      customFields: customFieldsByLabel(spec.table),
      assignee: joinedAgent("ownerId"),
      creator: joinedAgent("creatorId"),
      contact: joinedContact,
      ticket: joinedTicket,
      team: joinedTeam,
      department: joinedDepartment,
      projects: () => [],
      ...(kind === "Task" ? {} : { modifiedBy: joinedAgent("modifiedBy") }),
    },
    scopes: { groups: [`Desk.activities.${plural.toLowerCase()}`, `Desk.${plural.toLowerCase()}`, "Desk.activities"] },
    eventPrefix: kind,
    bin: { type: plural, module: plural.toLowerCase(), idsKey: "entityIds" },
    modified: true,
  });
}

/** Tasks (Zoho Desk OpenAPI, Task and Search); the list row has no modifiedTime. */
export const tasks = activity("Task", {
  table: "tasks",
  path: "/tasks",
  sorts: keys("category subject dueDate status createdTime modifiedTime priority"),
  list: [...common, "dueDate"],
  detail: keys("description modifiedTime modifiedBy isTrashed cf customFields reminder"),
  search: { keys: [...searched, "dueDate", "layoutId"], attributes: [...attributes, "dueDate"] },
  write: {
    blank: blankTask,
    required: ["subject", "departmentId"],
    readOnly: ["creatorId", "modifiedBy", "startTime"],
    remove: "bin",
    counted: { key: "taskCount", ticketKey: "ticketId" },
  },
  count: "/tasks/count",
});

/** Calls (Zoho Desk OpenAPI, Call and Search). */
export const calls = activity("Call", {
  table: "calls",
  path: "/calls",
  sorts: ["startTime", "createdTime"],
  list: [...common, "modifiedTime", "modifiedBy", "isTrashed", "direction", "duration", "callId"],
  detail: ["description", "reminder", "cf", "customFields"],
  search: {
    keys: [...searched, "direction", "duration", "layoutId", "startTime"],
    attributes: [...attributes, "direction"],
  },
  write: {
    blank: blankCall,
    required: ["subject", "departmentId", "startTime", "direction"],
    readOnly: ["creatorId", "modifiedBy", "callId"],
    remove: "bin",
    counted: null,
  },
  count: null,
});

/** Calendar events (Zoho Desk OpenAPI, Event and Search). */
export const calendarEvents = activity("Event", {
  table: "events",
  path: "/events",
  sorts: ["startTime", "createdTime"],
  list: [...common, "modifiedTime", "modifiedBy", "isTrashed"],
  detail: ["duration", "description", "reminder", "cf", "customFields"],
  search: { keys: [...searched, "duration", "startTime"], attributes },
  write: {
    blank: blankEvent,
    required: ["subject", "departmentId", "startTime"],
    readOnly: ["creatorId", "modifiedBy"],
    remove: "bin",
    counted: null,
  },
  count: null,
});
