import { shown, type Json } from "../json.ts";
import type { Desk } from "../desk.ts";
import { unprocessable, urlNotFound } from "../errors.ts";
import { listAnswer, noParameters, one, type Route } from "../http/route.ts";
import type { State } from "../store/state.ts";
import { tables } from "../tables/index.ts";
import { childTables, type ChildTable } from "../tables/names.ts";
import { renderDetail, renderListRow } from "../tables/render.ts";
import { aliveTicket } from "./details.ts";
import { listRoute, listWeight, sorted } from "./lists.ts";
import { readList } from "./read-list.ts";

const ticketScope = { groups: ["Desk.tickets"], verb: "READ" } as const;

/** The lists under a ticket. */
export function childRoutes(desk: Desk): Route[] {
  return [
    ...childTables.map((table) => childList(desk, table)),
    { ...childList(desk, "ticket_history"), path: "/tickets/:parentId/history" },
    conversations(desk),
    latestThread(desk),
    ticketTags(desk),
    accountSlas(desk),
  ];
}

function alive(desk: Desk, table: ChildTable, ticketId: string | undefined): State[] {
  return desk.store.children(table, ticketId ?? "").filter((state) => state.trashed === null);
}

function childList(desk: Desk, table: ChildTable): Route {
  const spec = tables[table];
  return listRoute(desk, {
    spec,
    locate: ({ params }) => void aliveTicket(desk, params["parentId"]),
    source(sort, { params, query }) {
      const orderBy = query.get("orderBy");
      if (orderBy !== null && !["ASC", "DESC"].includes(orderBy)) {
        throw unprocessable("The value passed for the 'orderBy' query parameter is invalid.");
      }
      return sorted(alive(desk, table, params["parentId"]), orderBy === "DESC" ? { ...sort, descending: true } : sort);
    },
  });
}

function conversations(desk: Desk): Route {
  const spec = {
    ...tables.ticket_threads,
    sorts: [],
    includes: { list: {}, detail: {} },
    page: { min: 1, max: 200, default: 100 },
  };
  return {
    ...listRoute(desk, { spec, path: "/tickets/:parentId/conversations", source: () => [] }),
    locate: ({ params }) => void aliveTicket(desk, params["parentId"]),
    handle(call) {
      const { parentId } = call.params;
      const both = [...alive(desk, "ticket_threads", parentId), ...alive(desk, "ticket_comments", parentId)];
      const kinds = new Map(both.map((state) => [state.id, state]));
      const page = readList(desk, spec, (sort) => sorted(both, { ...sort, by: "createdTime" }), call);
      return listAnswer(
        page.rows.map((row) => {
          const state = kinds.get(shown(row["id"])) as State;
          const type: Json = state.table === "ticket_threads" ? "thread" : "comment";
          return { ...renderListRow(state, desk.context), type };
        }),
      );
    },
  };
}

function latestThread(desk: Desk): Route {
  return {
    method: "GET",
    path: "/tickets/:parentId/latestThread",
    scope: ticketScope,
    parameters: () => ["needPublic", "threadStatus", "include"],
    weight: one,
    locate: ({ params }) => void aliveTicket(desk, params["parentId"]),
    handle({ params }) {
      const latest = sorted(alive(desk, "ticket_threads", params["parentId"]), {
        by: "createdTime",
        descending: false,
      }).at(-1);
      return latest === undefined ? { status: 204 } : { status: 200, body: renderDetail(latest, desk.context) };
    },
  };
}

function ticketTags(desk: Desk): Route {
  return {
    method: "GET",
    path: "/tickets/:parentId/tags",
    scope: ticketScope,
    parameters: noParameters,
    weight: listWeight,
    locate: ({ params }) => void aliveTicket(desk, params["parentId"]),
    handle: () => listAnswer([]),
  };
}

function accountSlas(desk: Desk): Route {
  return {
    method: "GET",
    path: "/accounts/:parentId/sla",
    scope: { groups: ["Desk.settings"], verb: "READ" },
    parameters: () => ["from", "limit"],
    weight: listWeight,
    locate({ params }) {
      if (desk.store.get("accounts", params["parentId"] ?? "") === undefined) throw urlNotFound();
    },
    handle: () => listAnswer([]),
  };
}
