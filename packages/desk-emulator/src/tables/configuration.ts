import type { Row } from "../json.ts";
import { oneOf, table, keys } from "./spec.ts";

const audit = ["createdBy", "createdTime", "modifiedBy", "modifiedTime"];

/** A custom field with nothing filled in. */
const blankField: Row = {
  apiName: null,
  displayLabel: null,
  i18NLabel: null,
  name: null,
  type: "Text",
  maxLength: null,
  isMandatory: false,
  isCustomField: true,
  isEncryptedField: false,
  showToHelpCenter: true,
  toolTip: null,
  toolTipType: null,
  allowedValues: [],
  sourceType: "USERDEFINED",
  createdBy: null,
  modifiedBy: null,
};

/** Fields of every module (Zoho Desk OpenAPI, Field); also served by the deprecated /organizationFields. */
export const fields = table({
  table: "organization_fields",
  path: "/fields",
  page: null,
  filters: { module: (state, value) => state.parentId === value },
  requires: ["module"],
  ignored: ["departmentId", "apiNames"],
  list: [
    "id",
    "apiName",
    "displayLabel",
    "i18NLabel",
    "name",
    "type",
    "maxLength",
    "isMandatory",
    "isCustomField",
    "isEncryptedField",
    "showToHelpCenter",
    "toolTip",
    "toolTipType",
    "allowedValues",
    "sourceType",
    ...audit,
  ],
  scopes: { groups: ["Desk.fields", "Desk.basic", "Desk.settings"] },
  modified: true,
  write: { blank: blankField, required: ["apiName", "type"], readOnly: [], remove: "erase", counted: null },
});

/** Layouts of every module; their shape is not public. */
export const layouts = table({
  table: "layouts",
  path: "/layouts",
  page: null,
  filters: { module: (state, value) => state.parentId === value, departmentId: oneOf("departmentId") },
  requires: ["module"],
  list: keys(`
    id layoutName layoutDisplayName layoutDesc module departmentId isDefaultLayout isStandardLayout status
    hasLogo createdTime modifiedTime
  `),
  scopes: { groups: ["Desk.fields", "Desk.basic", "Desk.settings"] },
  modified: true,
});

/** Tags of a department (Zoho Desk OpenAPI, TicketTags); beside id and name the columns are a setting. */
export const tags = table({
  table: "ticket_tags",
  path: "/ticketTags",
  page: { min: 1, max: 100, default: 100 },
  sorts: ["createdTime", "count"],
  defaultSort: "-count",
  filters: { departmentId: oneOf("departmentId") },
  requires: ["departmentId"],
  list: ["id", "name"],
  scopes: { groups: ["Desk.tickets"] },
});

/** Holiday lists (Zoho Desk OpenAPI, HolidayList). */
export const holidayLists = table({
  table: "holiday_lists",
  path: "/holidayList",
  page: { min: 1, max: 50, default: 10 },
  list: ["id", "name", "status", "year", "holidayListType", "associatedBusinessHours", ...audit],
  detail: ["holidays"],
  scopes: { groups: ["Desk.automations", "Desk.settings"] },
  modified: true,
});

/** Business hours (Zoho Desk OpenAPI, BusinessHour). */
export const businessHours = table({
  table: "business_hours",
  path: "/businessHours",
  page: { min: 1, max: 50, default: 10 },
  list: ["id", "name", "status", "type", "timeZone", "businessTimes", "associatedHolidayList", ...audit],
  scopes: { groups: ["Desk.automations", "Desk.settings"] },
  modified: true,
});

/** Skills of a department (Zoho Desk OpenAPI, Skill). */
export const skills = table({
  table: "skills",
  path: "/skills",
  page: { min: 1, max: 100, default: 100 },
  filters: {
    departmentId: oneOf("departmentId"),
    skillIds: oneOf("id"),
    status: oneOf("status"),
    skillTypeId: oneOf("skillTypeId"),
  },
  requires: ["departmentId"],
  list: [
    "id",
    "name",
    "description",
    "status",
    "orderId",
    "criteria",
    "agentIds",
    "skillTypeId",
    "skillType",
    "departmentId",
    ...audit,
  ],
  scopes: { groups: ["Desk.automations", "Desk.settings"] },
  modified: true,
});

/** Ticket templates (Zoho Desk OpenAPI, TicketTemplate). */
export const templates = table({
  table: "ticket_templates",
  path: "/ticketTemplates",
  filters: { departmentId: oneOf("departmentId") },
  list: ["id", "ticketTemplateName", "layoutId", "showInCustomerPortal", "departmentId", "values"],
  scopes: { groups: ["Desk.templates", "Desk.settings"] },
});
