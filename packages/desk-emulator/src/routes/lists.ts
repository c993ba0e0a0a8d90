import { pageWeight } from "../checks/price.ts";
import type { Desk } from "../desk.ts";
import { urlNotFound } from "../errors.ts";
import { listAnswer, type Route } from "../http/route.ts";
import { comparator, type Shelf, type Sort } from "../store/shelf.ts";
import type { State } from "../store/state.ts";
import { tables, tableSpecs } from "../tables/index.ts";
import { isChildTable, type StoredTable } from "../tables/names.ts";
import type { Page, TableSpec } from "../tables/spec.ts";
import { parametersOf, readList, type Source } from "./read-list.ts";

/** The weight of a list by its offset. */
export function listWeight(query: URLSearchParams): number {
  return pageWeight(Number(query.get("from") ?? 0));
}

/** Options of a list route that is not simply a table's own. */
interface ListRoute {
  readonly spec: TableSpec;
  readonly path?: string;
  readonly source: Source;
  readonly locate?: Route["locate"];
  readonly listKey?: () => string;
}

/** A list route. */
export function listRoute(
  desk: Desk,
  { spec, path = spec.path, source, locate, listKey = () => spec.listKey }: ListRoute,
): Route {
  return {
    method: "GET",
    path,
    scope: { groups: spec.scopes.groups, verb: "READ" },
    parameters: parametersOf(spec),
    weight: listWeight,
    ...(locate === undefined ? {} : { locate }),
    handle: (call) => listAnswer(readList(desk, spec, source, call).rows, listKey()),
    ...(spec.table === "organizations" ? { withoutOrg: true } : {}),
  };
}

/** Sorts states that stand on no shelf. */
export function sorted(states: Iterable<State>, sort: Sort): State[] {
  return [...states].toSorted(comparator(sort));
}

const plain: readonly StoredTable[] = tableSpecs
  .map((spec) => spec.table)
  .filter(
    (table) =>
      !isChildTable(table) && !["team_members", "organization_fields", "layouts", "agents", "tickets"].includes(table),
  );

/** The lists of all tables but the ticket's children. */
export function listRoutes(desk: Desk): Route[] {
  const { store } = desk;
  const shelf = (table: StoredTable): Source => {
    const live: Shelf = store.live(table);
    return (sort) => live.ordered(sort);
  };
  return [
    ...plain.map((table) => listRoute(desk, { spec: tables[table], source: shelf(table) })),
    listRoute(desk, { spec: tables.organizations, path: "/accessibleOrganizations", source: shelf("organizations") }),
    ...agentRoutes(desk),
    ...ticketRoutes(desk),
    ...moduleRoutes(desk),
    ...underRoutes(desk),
  ];
}

function agentRoutes(desk: Desk): Route[] {
  const { store, settings, clock } = desk;
  const spec = tables.agents;
  const deleted = (): State[] =>
    [...store.all("agents")].filter((agent) => {
      const isRecent = clock.now() - agent.modifiedMs < 30 * 86_400_000;
      return agent.data["status"] === "DELETED" && (settings.deletedAgentsAll || isRecent);
    });
  const deletedSpec = {
    ...spec,
    path: "/deletedAgents",
    list: ["id", "firstName", "lastName", "name", "status"],
    filters: {},
    ignored: ["searchStr"],
  };
  return [
    listRoute(desk, {
      spec,
      source: (sort, { query }) =>
        (query.get("status") ?? "").includes("DELETED")
          ? sorted(store.all("agents"), sort)
          : store.live("agents").ordered(sort),
    }),
    listRoute(desk, {
      spec: { ...deletedSpec, includes: { list: {}, detail: {} } },
      source: (sort) => sorted(deleted(), sort),
    }),
  ];
}

function ticketRoutes(desk: Desk): Route[] {
  const { store, settings } = desk;
  const spec = tables.tickets;
  const listed = (): TableSpec => ({
    ...spec,
    sorts: settings.ticketsSortByModifiedTime ? spec.sorts : spec.sorts.filter((sort) => sort !== "modifiedTime"),
    defaultSort: settings.ticketsDefaultSort,
  });
  const archived = (): TableSpec => ({
    ...spec,
    path: "/tickets/archivedTickets",
    sorts: settings.archivedSorts,
    defaultSort: "createdTime",
    filters: { departmentId: spec.filters["departmentId"] as NonNullable<TableSpec["filters"][string]> },
    requires: ["departmentId"],
    fields: null,
    ignored: ["viewId"],
  });
  const list = listRoute(desk, { spec, source: (sort) => store.live("tickets").ordered(sort) });
  return [
    {
      ...list,
      handle: (call) => listAnswer(readList(desk, listed(), (sort) => store.live("tickets").ordered(sort), call).rows),
    },
    {
      ...list,
      path: "/tickets/archivedTickets",
      parameters: () => parametersOf(archived())(),
      handle(call) {
        const { rows, from, more } = readList(desk, archived(), (sort) => store.archived().ordered(sort), call);
        const pagination = { prev: null, next: more ? String(from + rows.length) : null };
        return listAnswer(rows, "data", settings.archivedPagination ? { pagination } : {});
      },
    },
  ];
}

/** Lists chosen by a module parameter. */
function moduleRoutes(desk: Desk): Route[] {
  const { store, settings } = desk;
  const fields = tables.organization_fields;
  const layouts = tables.layouts;
  const layoutPage: Page = { min: 1, max: 100, default: 10 };
  const fieldSource: Source = (sort) => store.live("organization_fields").ordered(sort);
  const fieldsRoute = listRoute(desk, {
    spec: fields,
    source: fieldSource,
    locate() {
      if (!settings.fieldsEndpoint) throw urlNotFound();
    },
  });
  const pagedLayouts = (): TableSpec => ({ ...layouts, page: settings.layoutsPaged ? layoutPage : null });
  const layoutsRoute = listRoute(desk, { spec: layouts, source: (sort) => store.live("layouts").ordered(sort) });
  return [
    fieldsRoute,
    listRoute(desk, { spec: fields, path: "/organizationFields", source: fieldSource }),
    {
      ...layoutsRoute,
      parameters: () => parametersOf(pagedLayouts())(),
      handle: (call) =>
        listAnswer(
          readList(desk, pagedLayouts(), (sort) => store.live("layouts").ordered(sort), call).rows,
          settings.layoutsListKey,
        ),
    },
  ];
}

/** Lists under a team, a department or an account. */
function underRoutes(desk: Desk): Route[] {
  const { store } = desk;
  function under(
    table: StoredTable,
    path: string,
    owner: StoredTable,
    isMember: (state: State, id: string) => boolean,
  ): Route {
    return listRoute(desk, {
      spec: tables[table],
      path,
      locate({ params }) {
        if (store.get(owner, params["parentId"] ?? "") === undefined) throw urlNotFound();
      },
      source: (sort, { params }) =>
        store
          .live(table)
          .ordered(sort)
          .filter((state) => isMember(state, params["parentId"] ?? "")),
    });
  }
  return [
    under("team_members", "/teams/:parentId/members", "teams", (member, id) => member.parentId === id),
    under("teams", "/departments/:parentId/teams", "departments", (team, id) => team.data["departmentId"] === id),
    under(
      "contracts",
      "/accounts/:parentId/contracts",
      "accounts",
      (contract, id) => contract.data["accountId"] === id,
    ),
    under("tasks", "/tickets/:parentId/tasks", "tickets", (task, id) => task.data["ticketId"] === id),
  ];
}
