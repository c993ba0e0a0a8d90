import type { Desk } from "../desk.ts";
import { invalidData } from "../errors.ts";
import type { Route } from "../http/route.ts";
import { tableSpecs } from "../tables/index.ts";
import type { TableSpec } from "../tables/spec.ts";
import { filterOf } from "./read-list.ts";

/** Tables whose count needs a view. */
const needView = new Set(["contacts", "accounts"]);

/** Counts of a table; /tasks/count is dear. */
export function countRoutes(desk: Desk): Route[] {
  return tableSpecs.flatMap((spec) => (spec.count === null ? [] : [countRoute(desk, spec, spec.count)]));
}

function countRoute(desk: Desk, spec: TableSpec, path: string): Route {
  return {
    method: "GET",
    path,
    scope: { groups: spec.scopes.groups, verb: "READ" },
    parameters: () => [...Object.keys(spec.filters), "viewId"],
    weight: () => (spec.table === "tasks" ? 50 : 1),
    handle({ query }) {
      if (needView.has(spec.table) && !query.has("viewId"))
        throw invalidData([{ fieldName: "/viewId", errorType: "missing" }]);
      return { status: 200, body: { count: String(countOf(desk, spec, query)) } };
    },
  };
}

function countOf(desk: Desk, spec: TableSpec, query: URLSearchParams): number {
  const { store, settings } = desk;
  const order = { by: "id", descending: false };
  const shelves = [store.live(spec.table)];
  if (spec.table === "tickets" && settings.ticketsCountArchived) shelves.push(store.archived());
  const passes = filterOf(desk, spec, query) ?? (() => true);
  const withoutSpam = spec.table === "tickets" && !settings.ticketsCountSpam;
  let count = 0;
  for (const shelf of shelves) {
    for (const state of shelf.ordered(order))
      if (passes(state) && !(withoutSpam && state.data["isSpam"] === true)) count += 1;
  }
  return count;
}
