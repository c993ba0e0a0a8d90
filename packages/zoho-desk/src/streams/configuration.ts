import { toId } from "../values.ts";
import { orderBy, stream } from "./spec.ts";

/** Fields of every module (Zoho Desk OAS, Field.json); the deprecated path is FieldOld.json's. */
export const organizationFields = stream({
  name: "organization_fields",
  parent: "module",
  modules: [
    "tickets",
    "contacts",
    "accounts",
    "tasks",
    "timeEntry",
    "products",
    "calls",
    "events",
    "contracts",
    "agents",
  ],
  list: { path: "/fields", fallbackPath: "/organizationFields", limit: null, parentParam: "module" },
  toKey: (row, parentId) => (parentId === null ? null : fieldKey(parentId, toId(row["id"]))),
  modified: "sometimes",
  scopes: { read: ["Desk.fields.READ", "Desk.basic.READ", "Desk.settings.READ"] },
});

function fieldKey(module: string, id: string | null): string | null {
  return id === null ? null : `${module}:${id}`;
}

/** Layouts of every module: without `limit`, the first 99 (Zoho Desk OAS, Layout.json). */
export const layouts = stream({
  name: "layouts",
  parent: "module",
  modules: ["tickets", "contacts", "accounts", "tasks", "timeEntry", "products", "calls", "events", "contracts"],
  list: { path: "/layouts", limit: null, cap: 99, parentParam: "module" },
  // Where Zoho does not know this path, the list is read: only here a layout of a department that the agent lost is forbidden, not gone.
  get: { path: "/layouts/:key" },
  parentKeys: ["module"],
  modified: "sometimes",
  scopes: { read: ["Desk.layouts.READ", "Desk.basic.READ", "Desk.settings.READ"] },
});

/** The tags each department knows, not their assignments (Zoho Desk OAS, TicketTags.json). */
export const ticketTags = stream({
  name: "ticket_tags",
  parent: "departments",
  list: { path: "/ticketTags", parentParam: "departmentId", order: orderBy("createdTime") },
  volatile: ["count", "ticketsCount"],
  scopes: { read: ["Desk.tickets.READ"] },
});

/** Holiday lists; only the detail has the holidays (Zoho Desk OAS, HolidayList.json). */
export const holidayLists = stream({
  name: "holiday_lists",
  list: { path: "/holidayList", limit: 50 },
  get: { path: "/holidayList/:key" },
  modified: "sometimes",
  core: ["id", "name", "status", "modifiedTime"],
  detail: ["holidays"],
  scopes: { read: ["Desk.automations.READ", "Desk.settings.READ"] },
});

/** Business hours (Zoho Desk OAS, BusinessHour.json). */
export const businessHours = stream({
  name: "business_hours",
  list: { path: "/businessHours", limit: 50 },
  get: { path: "/businessHours/:key" },
  modified: "sometimes",
  scopes: { read: ["Desk.automations.READ", "Desk.settings.READ"] },
});

/** Skills of each department (Zoho Desk OAS, Skill.json). */
export const skills = stream({
  name: "skills",
  parent: "departments",
  list: { path: "/skills", parentParam: "departmentId" },
  get: { path: "/skills/:key" },
  parentKeys: ["departmentId"],
  modified: "sometimes",
  scopes: { read: ["Desk.automations.READ", "Desk.settings.READ"] },
});

/** Ticket templates; only the detail has the values (`listViewJson`, Zoho Desk OAS, TicketTemplate.json). */
export const ticketTemplates = stream({
  name: "ticket_templates",
  list: { path: "/ticketTemplates" },
  get: { path: "/ticketTemplates/:key" },
  core: ["id", "ticketTemplateName", "layoutId", "showInCustomerPortal"],
  scopes: { read: ["Desk.templates.READ", "Desk.settings.READ"] },
});
