import type { Desk } from "../desk.ts";
import { unprocessable } from "../errors.ts";
import { shown, textOf, type Json, type Row } from "../json.ts";
import type { State } from "../store/state.ts";
import { tables } from "../tables/index.ts";
import type { StoredTable } from "../tables/names.ts";
import { statusFilter } from "../tables/tickets.ts";
import type { Conditions, TimeRange } from "./search-candidates.ts";

type Condition = (state: State) => boolean;

/** Reads the conditions of a search from its query. */
export function conditionsOf(desk: Desk, table: StoredTable, query: URLSearchParams): Conditions {
  return {
    ids: query.get("id")?.split(",") ?? null,
    created: rangeOf(query, "createdTimeRange"),
    modified: rangeOf(query, "modifiedTimeRange"),
    others: [
      ...timeIn(query, "dueDate"),
      ...timeIn(query, "customerResponseTime"),
      ...statuses(desk, table, query),
      ...departments(query),
      ...attributes(table, query),
      ...customFields(query),
      ...everything(query),
    ],
  };
}

function rangeOf(query: URLSearchParams, name: string): TimeRange | null {
  const text = query.get(name);
  if (text === null) return null;
  const [fromMs = Number.NaN, toMs = Number.NaN] = text
    .split(",")
    .map((time) => (isTime(time) ? Date.parse(time) : Number.NaN));
  if (Number.isNaN(fromMs) || Number.isNaN(toMs))
    throw unprocessable(`The value passed for the '${name}' query parameter is invalid.`);
  return { fromMs, toMs };
}

function isTime(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/.test(text);
}

function timeIn(query: URLSearchParams, key: string): Condition[] {
  const range = rangeOf(query, `${key}Range`);
  if (range === null) return [];
  return [
    (state) => {
      const at = Date.parse(textOf(state.data, key) ?? "");
      return at >= range.fromMs && at <= range.toMs;
    },
  ];
}

function statuses(desk: Desk, table: StoredTable, query: URLSearchParams): Condition[] {
  const value = query.get("status");
  if (value === null) return [];
  if (table === "tickets") return [(state) => statusFilter(state, value, desk.context)];
  return [(state) => matches(state.data["status"], value)];
}

function departments(query: URLSearchParams): Condition[] {
  const value = query.get("departmentId");
  if (value === null) return [];
  return [
    ({ data }) => data["departmentId"] === value || ((data["departmentIds"] ?? []) as readonly Json[]).includes(value),
  ];
}

function attributes(table: StoredTable, query: URLSearchParams): Condition[] {
  return (tables[table].search?.attributes ?? []).flatMap((name) => {
    const value = query.get(name);
    if (value === null || name === "status") return [];
    checkLength(name, value);
    return [(state: State) => matches(state.data[name], value)];
  });
}

function customFields(query: URLSearchParams): Condition[] {
  return Array.from({ length: 10 }, (_none, index) => query.get(`customField${index + 1}`)).flatMap((text) => {
    if (text === null) return [];
    const colon = text.indexOf(":");
    if (colon < 1) throw unprocessable("The value passed for the 'customField1' query parameter is invalid.");
    const name = text.slice(0, colon);
    return [(state: State) => matches((state.data["cf"] as Row | undefined)?.[name], text.slice(colon + 1))];
  });
}

function everything(query: URLSearchParams): Condition[] {
  const value = query.get("_all");
  if (value === null) return [];
  checkLength("_all", value);
  const wanted = value.replaceAll("*", "").toLowerCase();
  return [
    ({ data }) => Object.values(data).some((part) => typeof part === "string" && part.toLowerCase().includes(wanted)),
  ];
}

/** Text is searched by at least three characters; numbers and macros by fewer. */
function checkLength(name: string, value: string): void {
  if (value.replaceAll("*", "").length < 3 && !/^\d+$/.test(value)) {
    throw unprocessable(`The value passed for field '${name}' must have at least 3 characters`);
  }
}

/** Whether a value is one of those asked for: `${empty}`, `${notempty}`, `*` as wildcard, else equal, without regard to case. */
function matches(value: Json | undefined, wanted: string): boolean {
  const text = shown(value).toLowerCase();
  return wanted.split(",").some((option) => {
    if (option === "${empty}") return text === "";
    if (option === "${notempty}") return text !== "";
    const pattern = option.toLowerCase().split("*").map(escapePattern).join(".*");
    return new RegExp(`^${pattern}$`, "su").test(text);
  });
}

function escapePattern(text: string): string {
  return text.replaceAll(/[$()*+./?[\\\]^{|}]/g, "\\$&");
}
