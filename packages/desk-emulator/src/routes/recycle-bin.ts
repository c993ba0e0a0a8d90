import { parseIncludes, parsePage, parseSortBy } from "../checks/query.ts";
import { listFilter, type Desk } from "../desk.ts";
import { bodyOf, listAnswer, noParameters, one, type Call, type Route } from "../http/route.ts";
import { shown, isoTime, textOf, type Json, type Row } from "../json.ts";
import type { Sort } from "../store/shelf.ts";
import type { State } from "../store/state.ts";
import { tables } from "../tables/index.ts";
import { render } from "../tables/render.ts";
import { idsOf } from "./writes.ts";
import { listWeight } from "./lists.ts";

const sorts = ["name", "type", "department", "deletedBy", "deletedTime"];
const includes = { department: "department", deletedBy: "deletedBy" };
const groups = ["Desk.settings"];

/** The recycle bin: the only way to see deletes by pulling (Zoho Desk OpenAPI, RecycleBin). */
export function recycleBinRoutes(desk: Desk): Route[] {
  const { store, writes } = desk;
  return [
    listRoute(desk),
    action("/recycleBin/restore", (call) =>
      forEachNamed(desk, call, (state) => void writes.restore(state.table, state.id, call.cause)),
    ),
    action("/recycleBin/delete", (call) =>
      forEachNamed(desk, call, (state) => writes.purge(state.table, state.id, call.cause)),
    ),
    bulk("/recycleBin/restoreAll", () => {
      for (const state of store.bin().slice()) writes.restore(state.table, state.id);
    }),
    bulk("/recycleBin/deleteAll", () => {
      for (const state of store.bin().slice()) writes.purge(state.table, state.id);
    }),
  ];
}

function binId(desk: Desk, state: State): string {
  return desk.settings.binIdIsRecordId ? state.id : `9${state.id.slice(1)}`;
}

function forEachNamed(desk: Desk, call: Call, act: (state: State) => void): void {
  const wanted = new Set(idsOf(call, "ids"));
  const states = [...desk.store.bin()].filter((state) => wanted.has(binId(desk, state)));
  for (const state of states) act(state);
}

function action(path: string, act: (call: Call) => void): Route {
  return {
    method: "POST",
    path,
    scope: { groups, verb: "UPDATE" },
    parameters: noParameters,
    weight: one,
    locate: (call) => void bodyOf(call),
    handle(call) {
      act(call);
      return { status: 200, body: { status: "success" } };
    },
  };
}

function bulk(path: string, act: () => void): Route {
  return {
    method: "POST",
    path,
    scope: { groups, verb: "UPDATE" },
    parameters: noParameters,
    weight: one,
    handle() {
      act();
      return { status: 202 };
    },
  };
}

function sortText(desk: Desk, state: State, by: string): string {
  const row = binRow(desk, state);
  const keys: Readonly<Record<string, string>> = {
    name: "displayName",
    department: "departmentId",
    deletedBy: "deletedById",
  };
  return shown(row[keys[by] ?? by]);
}

function order(desk: Desk, { by, descending }: Sort): (a: State, b: State) => number {
  const sign = descending ? -1 : 1;
  return (a, b) => {
    const [left, right] = [sortText(desk, a, by), sortText(desk, b, by)];
    if (left !== right) return left < right ? -sign : sign;
    return a.seq - b.seq;
  };
}

function listRoute(desk: Desk): Route {
  return {
    method: "GET",
    path: "/recycleBin",
    scope: { groups, verb: "READ" },
    parameters: () => ["from", "limit", "sortBy", "include", "moduleId", "module", "departmentId"],
    weight: listWeight,
    handle({ query }) {
      const { settings, store } = desk;
      const { skip, limit } = parsePage(query, { min: 1, max: 100, default: 10 }, settings, settings.listMaxFrom);
      const sort = parseSortBy(query, sorts, "-deletedTime");
      const included = parseIncludes(query, includes);
      const module = query.get("module") ?? query.get("moduleId");
      const isListed = listFilter(desk) ?? (() => true);
      const states = [...store.bin()].filter(
        (state) => (module === null || tables[state.table].bin?.module === module) && isListed(state),
      );
      const page = states.toSorted(order(desk, sort)).slice(skip, skip + limit);
      return listAnswer(page.map((state) => ({ ...binRow(desk, state), ...includedRows(desk, state, included) })));
    },
  };
}

function binRow(desk: Desk, state: State): Row {
  const { data, trashed } = state;
  const name = ["subject", "accountName", "productName", "contractName", "title", "name", "lastName", "description"]
    .map((key) => textOf(data, key))
    .find((text) => text !== null);
  return {
    id: binId(desk, state),
    type: tables[state.table].bin?.type ?? state.table,
    displayName: name ?? null,
    departmentId: data["departmentId"] ?? null,
    deletedById: trashed?.by ?? null,
    deletedTime: isoTime(trashed?.at ?? 0),
  };
}

function includedRows(desk: Desk, state: State, keys: readonly string[]): Row {
  const agent = desk.store.get("agents", state.trashed?.by ?? "");
  const shown: Record<string, Json> = {
    department: render(state, ["departmentId"], desk.context)["departmentId"] ?? null,
    deletedBy: agent === undefined ? null : render(agent, ["id", "firstName", "lastName", "emailId"], desk.context),
  };
  return Object.fromEntries(keys.map((key) => [key, shown[key] ?? null]));
}
