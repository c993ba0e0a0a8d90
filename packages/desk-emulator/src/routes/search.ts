import { shown, type Row } from "../json.ts";
import { pageWeight } from "../checks/price.ts";
import { parsePage } from "../checks/query.ts";
import { listFilter, type Desk } from "../desk.ts";
import { unprocessable, urlNotFound } from "../errors.ts";
import type { Answer, Call, Route } from "../http/route.ts";
import { comparator, parseSort, type Sort } from "../store/shelf.ts";
import type { State } from "../store/state.ts";
import { tables, tableSpecs } from "../tables/index.ts";
import type { StoredTable } from "../tables/names.ts";
import { renderSearchRow } from "../tables/render.ts";
import { narrow } from "./search-candidates.ts";
import { conditionsOf } from "./search-conditions.ts";

const sorts = ["relevance", "modifiedTime", "createdTime", "customerResponseTime"];

const fixed = [
  "limit",
  "from",
  "sortBy",
  "id",
  "departmentId",
  "status",
  "_all",
  "createdTimeRange",
  "modifiedTimeRange",
  "dueDateRange",
  "customerResponseTimeRange",
  ...Array.from({ length: 10 }, (_none, index) => `customField${index + 1}`),
];

const activityTables: readonly StoredTable[] = ["tasks", "calls", "events"];
const onlySeenInClients: readonly StoredTable[] = ["tasks", "calls"];

/** The search endpoints (Zoho Desk OpenAPI, Search). */
export function searchRoutes(desk: Desk): Route[] {
  const { settings } = desk;
  const single = tableSpecs
    .filter((spec) => spec.search !== null)
    .map((spec) =>
      searchRoute(
        desk,
        `${spec.path}/search`,
        [spec.table],
        () => !onlySeenInClients.includes(spec.table) || settings.tasksAndCallsSearch,
      ),
    );
  return [...single, searchRoute(desk, "/activities/search", activityTables, () => settings.activitiesSearch)];
}

function searchRoute(desk: Desk, path: string, searched: readonly StoredTable[], exists: () => boolean): Route {
  const attributes = searched.flatMap((table) => tables[table].search?.attributes ?? []);
  const parameters = [...fixed, ...attributes];
  return {
    method: "GET",
    path,
    scope: {
      groups: searched.flatMap((table) => tables[table].scopes.groups),
      verb: "READ",
      also: ["Desk.search.READ"],
    },
    parameters: () => parameters,
    weight: searchWeight,
    locate() {
      if (!exists()) throw urlNotFound();
    },
    handle: (call) => search(desk, searched, call),
  };
}

/** A search by one unique id costs 1, any other as a list. */
function searchWeight(query: URLSearchParams): number {
  const unique = ["id", "ticketNumber"].some((name) => query.has(name) && !query.get(name)?.includes(","));
  const others = [...query.keys()].filter((name) => !["id", "ticketNumber", "limit", "from", "orgId"].includes(name));
  return unique && others.length === 0 ? 1 : pageWeight(Number(query.get("from") ?? 0));
}

function sortOf(query: URLSearchParams): Sort {
  const sort = parseSort(query.get("sortBy") ?? "relevance");
  if (!sorts.includes(sort.by)) throw unprocessable("The value passed for the 'sortBy' query parameter is invalid.");
  return sort.by === "relevance" ? { by: "createdTime", descending: true } : sort;
}

function search(desk: Desk, searched: readonly StoredTable[], { query }: Call): Answer {
  const { settings, store } = desk;
  const max = searched.includes("articles") ? settings.articlesSearchMaxLimit : 100;
  const { skip, limit } = parsePage(query, { min: 1, max, default: 10 }, settings, settings.searchMaxFrom);
  const sort = sortOf(query);
  const isListed = listFilter(desk);
  const found = searched.map((table) => {
    const { states, conditions } = narrow(
      store.searchable(table),
      conditionsOf(desk, table, query),
      sort,
      settings.searchRangeEnd,
    );
    const all = isListed === null ? conditions : [...conditions, isListed];
    return all.length === 0 ? states : states.filter((state) => all.every((holds) => holds(state)));
  });
  const [first = []] = found;
  const states = found.length === 1 ? first : found.flat().toSorted(comparator(sort));
  const rows = states.slice(skip, skip + limit).map((state) => rowOf(desk, state, searched.length > 1));
  return rows.length === 0 ? { status: 204 } : { status: 200, body: { data: rows, count: states.length } };
}

function rowOf(desk: Desk, state: State, isMixed: boolean): Row {
  const row = renderSearchRow(state, desk.context);
  const kind = desk.settings.activitiesModule;
  if (!isMixed || kind === "absent") return row;
  const plural = shown(row["activityType"]);
  return { ...row, module: kind === "plural" ? plural : plural.slice(0, -1).toLowerCase() };
}
