import { parseIncludes } from "../checks/query.ts";
import { isVisible, type Desk } from "../desk.ts";
import { forbidden, invalidData, outOfRange, urlNotFound } from "../errors.ts";
import { listAnswer, one, type Call, type Route } from "../http/route.ts";
import type { State } from "../store/state.ts";
import { tables, tableSpecs } from "../tables/index.ts";
import { isChildTable, type StoredTable } from "../tables/names.ts";
import { render, renderListRow } from "../tables/render.ts";
import { detailKeys, type TableSpec } from "../tables/spec.ts";

const withoutDetail: readonly StoredTable[] = [
  "team_members",
  "channels",
  "organization_fields",
  "ticket_tags",
  "ticket_history",
  "ticket_attachments",
];

/** The record a call names; 404 when unknown, 403 when its department was lost, 404 when trashed and the setting says so. */
export function findRecord(desk: Desk, table: StoredTable, { params }: Call): State {
  const { store, settings } = desk;
  if (isChildTable(table)) aliveTicket(desk, params["parentId"]);
  if (isChildTable(table)) store.children(table, params["parentId"] ?? "");
  const state = store.get(table, params["id"] ?? "");
  if (state === undefined || (isChildTable(table) && state.parentId !== params["parentId"])) throw urlNotFound();
  if (!isVisible(desk, state)) throw forbidden();
  if (state.trashed !== null && settings.trashedGet === "missing") throw urlNotFound();
  return state;
}

/** The ticket under which children are read; trashed tickets show none. */
export function aliveTicket(desk: Desk, id: string | undefined): State {
  const ticket = desk.store.get("tickets", id ?? "");
  if (ticket === undefined || ticket.trashed !== null) throw urlNotFound();
  if (!isVisible(desk, ticket)) throw forbidden();
  return ticket;
}

/** GET by id of every table that has it. */
export function detailRoutes(desk: Desk): Route[] {
  const specs = tableSpecs.filter((spec) => !withoutDetail.includes(spec.table));
  return [...specs.map((spec) => detailRoute(desk, spec)), ...byIdRoutes(desk)];
}

function detailRoute(desk: Desk, spec: TableSpec): Route {
  const parameters = Object.keys(spec.includes.detail).length === 0 ? [] : ["include"];
  return {
    method: "GET",
    path: `${spec.path}/:id`,
    scope: { groups: spec.scopes.groups, verb: "READ" },
    parameters: () => parameters,
    weight: one,
    ...(spec.table === "organizations" ? { withoutOrg: true } : {}),
    locate: (call) => void findRecord(desk, spec.table, call),
    handle(call) {
      const state = findRecord(desk, spec.table, call);
      const keys = [...detailKeys(spec), ...parseIncludes(call.query, spec.includes.detail)];
      return { status: 200, body: render(state, keys, desk.context) };
    },
  };
}

const byIds: readonly { table: StoredTable; path: string; parameter: string; max: number }[] = [
  { table: "contacts", path: "/contacts/contactsByIds", parameter: "ids", max: 20 },
  { table: "departments", path: "/departmentsByIds", parameter: "departmentIds", max: 50 },
  { table: "agents", path: "/agentsByIds", parameter: "agentIds", max: 50 },
  { table: "roles", path: "/rolesByIds", parameter: "roleIds", max: 50 },
];

function byIdRoutes(desk: Desk): Route[] {
  return byIds.map(({ table, path, parameter, max }) => ({
    method: "GET",
    path,
    scope: { groups: tables[table].scopes.groups, verb: "READ" },
    parameters: () => [parameter],
    weight: () => 3,
    handle({ query }) {
      const text = query.get(parameter);
      if (text === null) throw invalidData([{ fieldName: `/${parameter}`, errorType: "missing" }]);
      const ids = text.split(",");
      if (ids.length > max) throw outOfRange(parameter, 1, max);
      const found = ids.map((id) => desk.store.get(table, id)).filter((state) => state !== undefined);
      return listAnswer(
        found.filter((state) => state.trashed === null).map((state) => renderListRow(state, desk.context)),
      );
    },
  }));
}
