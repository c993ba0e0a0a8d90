import type { Desk } from "../desk.ts";
import { invalidData } from "../errors.ts";
import { bodyOf, noParameters, one, type Call, type Route } from "../http/route.ts";
import { isRow, type Row } from "../json.ts";
import type { Verb } from "../oauth/scopes.ts";
import { tables, tableSpecs } from "../tables/index.ts";
import { isChildTable, type StoredTable } from "../tables/names.ts";
import { renderDetail } from "../tables/render.ts";
import type { TableSpec, WriteSpec } from "../tables/spec.ts";
import { aliveTicket, findRecord } from "./details.ts";

type Writable = TableSpec & { readonly write: WriteSpec };

function isWritable(spec: TableSpec): spec is Writable {
  return spec.write !== null;
}

/** Create, update and delete of every table that can be written over the API. */
export function writeRoutes(desk: Desk): Route[] {
  // Fields are defined by an administrator, not over this API: tests change them in the store.
  const writable = tableSpecs.filter(isWritable).filter(({ table }) => table !== "organization_fields");
  return [
    ...writable.filter((spec) => spec.table !== "ticket_attachments").map((spec) => createRoute(desk, spec)),
    ...writable.filter((spec) => spec.table !== "ticket_threads").flatMap((spec) => updateRoutes(desk, spec)),
    ...writable
      .filter((spec) => isChildTable(spec.table) && spec.write.remove !== "never")
      .map((spec) => deleteRoute(desk, spec)),
    ...writable.flatMap((spec) => (spec.bin?.idsKey == null ? [] : [trashRoute(desk, spec, spec.bin.idsKey)])),
    moveRoute(desk),
    deleteSpamRoute(desk),
  ];
}

function scope(spec: TableSpec, verb: Verb): Route["scope"] {
  return { groups: spec.scopes.groups, verb };
}

function locateParent(desk: Desk, spec: TableSpec, { params }: Call): void {
  if (isChildTable(spec.table)) aliveTicket(desk, params["parentId"]);
}

/** The fields of a body that a caller may set; 422 for missing, unknown and read-only ones. */
function fieldsOf(spec: Writable, call: Call, isNew: boolean): Row {
  const body = bodyOf(call);
  const { blank, required, readOnly } = spec.write;
  const missing = isNew ? required.filter((name) => (body[name] ?? "") === "" && !isContactOf(name, body)) : [];
  const invalid = Object.keys(body).filter(
    (name) => (!(name in blank) && name !== "contact") || readOnly.includes(name),
  );
  const wrongCf = body["cf"] !== undefined && !isRow(body["cf"]) ? ["cf"] : [];
  const faults = [
    ...missing.map((name) => ({ fieldName: `/${name}`, errorType: "missing" as const })),
    ...[...invalid, ...wrongCf].map((name) => ({ fieldName: `/${name}`, errorType: "invalid" as const })),
  ];
  if (faults.length > 0) throw invalidData(faults);
  return body;
}

/** A ticket may bring its contact instead of naming one. */
function isContactOf(name: string, body: Row): boolean {
  return name === "contactId" && isRow(body["contact"]);
}

function withContact(desk: Desk, fields: Row, call: Call): Row {
  const { contact, ...rest } = fields;
  if (!isRow(contact)) return rest;
  if (typeof contact["lastName"] !== "string")
    throw invalidData([{ fieldName: "/contact/lastName", errorType: "missing" }]);
  return { ...rest, contactId: desk.writes.create("contacts", contact, call.cause).id };
}

function createRoute(desk: Desk, spec: Writable): Route {
  const isThread = spec.table === "ticket_threads";
  return {
    method: "POST",
    path: isThread ? "/tickets/:parentId/sendReply" : spec.path,
    scope: scope(spec, "CREATE"),
    parameters: noParameters,
    weight: one,
    locate(call) {
      locateParent(desk, spec, call);
      bodyOf(call);
    },
    handle(call) {
      const given = withContact(desk, fieldsOf(spec, call, true), call);
      const fields = isThread ? { ...given, direction: "out" } : given;
      const { parentId } = call.params;
      const state = desk.writes.create(spec.table, fields, {
        ...call.cause,
        ...(parentId === undefined ? {} : { parentId }),
      });
      return { status: 200, body: renderDetail(state, desk.context) };
    },
  };
}

function updateRoutes(desk: Desk, spec: Writable): Route[] {
  const route: Route = {
    method: "PATCH",
    path: `${spec.path}/:id`,
    scope: scope(spec, "UPDATE"),
    parameters: noParameters,
    weight: one,
    locate(call) {
      findRecord(desk, spec.table, call);
      bodyOf(call);
    },
    handle(call) {
      const { contact: _contact, ...fields } = fieldsOf(spec, call, false);
      const state = desk.writes.update(spec.table, call.params["id"] ?? "", fields, call.cause);
      return { status: 200, body: renderDetail(state, desk.context) };
    },
  };
  return [route, { ...route, method: "PUT" }];
}

function deleteRoute(desk: Desk, spec: Writable): Route {
  return {
    method: "DELETE",
    path: `${spec.path}/:id`,
    scope: scope(spec, "DELETE"),
    parameters: noParameters,
    weight: one,
    locate: (call) => void findRecord(desk, spec.table, call),
    handle(call) {
      desk.writes.delete(spec.table, call.params["id"] ?? "", call.cause);
      return { status: 204 };
    },
  };
}

/** The ids of a body of one list of ids. */
export function idsOf(call: Call, key: string): string[] {
  const ids = bodyOf(call)[key];
  if (!Array.isArray(ids) || ids.length === 0)
    throw invalidData([{ fieldName: `/${key}`, errorType: ids === undefined ? "missing" : "invalid" }]);
  return ids.map(String);
}

function idsRoute(
  spec: TableSpec,
  path: string,
  idsKey: string,
  act: (table: StoredTable, id: string, call: Call) => void,
): Route {
  return {
    method: "POST",
    path,
    scope: scope(spec, "DELETE"),
    parameters: noParameters,
    weight: one,
    locate: (call) => void bodyOf(call),
    handle(call) {
      for (const id of idsOf(call, idsKey)) act(spec.table, id, call);
      return { status: 204 };
    },
  };
}

function trashRoute(desk: Desk, spec: Writable, idsKey: string): Route {
  return idsRoute(spec, `${spec.path}/moveToTrash`, idsKey, (table, id, call) => {
    findRecord(desk, table, { ...call, params: { id } });
    desk.writes.delete(table, id, call.cause);
  });
}

/** Spam is erased past the recycle bin. */
function deleteSpamRoute(desk: Desk): Route {
  return idsRoute(tables.tickets, "/tickets/deleteSpam", "ticketIds", (table, id, call) =>
    desk.writes.purge(table, id, call.cause),
  );
}

function moveRoute(desk: Desk): Route {
  return {
    method: "POST",
    path: "/tickets/:id/move",
    scope: scope(tables.tickets, "UPDATE"),
    parameters: noParameters,
    weight: one,
    locate(call) {
      findRecord(desk, "tickets", call);
      bodyOf(call);
    },
    handle(call) {
      const { departmentId } = bodyOf(call);
      if (typeof departmentId !== "string") throw invalidData([{ fieldName: "/departmentId", errorType: "missing" }]);
      const state = desk.writes.move(call.params["id"] ?? "", departmentId, call.cause);
      return { status: 200, body: renderDetail(state, desk.context) };
    },
  };
}
