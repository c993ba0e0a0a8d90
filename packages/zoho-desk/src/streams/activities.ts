import type { JsonObject } from "@deskmirror/model";
import { toText } from "../values.ts";
import { stream } from "./spec.ts";
import type { StreamSpec } from "./spec.ts";

/** Keys of all three kinds in `search…ResponseFields` (Zoho Desk OAS, Search.json) and the details (Task, Call, Event.json). */
const core = [
  "id",
  "subject",
  "status",
  "priority",
  "createdTime",
  "modifiedTime",
  "completedTime",
  "creatorId",
  "ownerId",
  "ticketId",
  "contactId",
  "departmentId",
  "cf",
];

const detail = ["description", "statusType", "layoutId", "modifiedBy", "isTrashed", "reminder", "webUrl"];

/** What `include` adds; `modifiedBy` is an object with a name where it is a join. */
const joined = ["contact", "ticket", "assignee", "team"];

type Kind = "Task" | "Call" | "Event";

function activity(kind: Kind, own: Pick<StreamSpec, "core" | "detail" | "scopes">): StreamSpec {
  const name = `${kind.toLowerCase()}s`;
  return stream({
    name,
    list: { path: `/${name}` },
    search: {
      // activities/search mixes the three kinds; it costs three times as much for one of them.
      paths: [`/${name}/search`, "/activities/search"],
      limit: 100,
      byDepartment: true,
      accepts: (row) => kindOf(row) === kind,
    },
    get: { path: `/${name}/:key`, query: { include: "contacts,tickets,assignee,teams" } },
    modified: "always",
    ...own,
    volatile: [...joined, "department", "activityType", "module", "isCommented"],
    events: kind,
    changedSince: "search",
    bin: [`${kind}s`],
  });
}

/** The kind of an activity: as the row names it, else by the keys only one kind has. */
function kindOf(row: JsonObject): Kind {
  const named = toText(row["activityType"]) ?? toText(row["module"]);
  if (named !== null) {
    const kind = kinds[named.toLowerCase().replace(/s$/, "")];
    if (kind !== undefined) return kind;
  }
  if ("direction" in row) return "Call";
  return "duration" in row || "startTime" in row ? "Event" : "Task";
}

const kinds: Readonly<Record<string, Kind>> = { task: "Task", call: "Call", event: "Event" };

/** Tasks (Zoho Desk OAS, Task.json). */
export const tasks = activity("Task", {
  core: [...core, "category", "dueDate"],
  detail: [...detail, ...joined],
  scopes: {
    read: ["Desk.tasks.READ", "Desk.activities.tasks.READ", "Desk.activities.READ"],
    also: ["Desk.search.READ"],
  },
});

/** Calls (Zoho Desk OAS, Call.json). */
export const calls = activity("Call", {
  core: [...core, "direction", "startTime", "duration"],
  detail: [...detail, ...joined],
  scopes: {
    read: ["Desk.calls.READ", "Desk.activities.calls.READ", "Desk.activities.READ"],
    also: ["Desk.search.READ"],
  },
});

/** Calendar events (Zoho Desk OAS, Event.json). */
export const calendarEvents = activity("Event", {
  core: [...core, "category", "startTime"],
  detail: [...detail, "duration", ...joined],
  scopes: {
    read: ["Desk.events.READ", "Desk.activities.events.READ", "Desk.activities.READ"],
    also: ["Desk.search.READ"],
  },
});
