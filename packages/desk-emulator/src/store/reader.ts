import { isoTime, type Row } from "../json.ts";
import { tables } from "../tables/index.ts";
import { renderDetail, renderListRow } from "../tables/render.ts";
import { isChildTable, type StoredTable, type TableName } from "../tables/names.ts";
import type { RenderContext } from "../tables/spec.ts";
import type { State } from "./state.ts";

/** The true present state of one record, read past HTTP. */
export interface StoreRecord {
  readonly table: TableName;
  readonly key: string;
  /** The ticket, team, department or module it is read under. */
  readonly parentId: string | null;
  /** No list shows it any more: trashed, erased, or its ticket is. */
  readonly deleted: boolean;
  readonly trashed: boolean;
  readonly archived: boolean;
  readonly modifiedTime: string | null;
  /** As GET by id shows it, without includes. */
  readonly detail: Row;
  /** As its list shows it, without includes. */
  readonly list: Row;
}

/** Reads the store for a second oracle. */
export interface Reader {
  /** Every record of a table; erased ones with `deleted`. */
  records(table: TableName): Generator<StoreRecord>;
  /** One record by key. */
  record(table: TableName, key: string): StoreRecord | undefined;
}

/** A reader of a store. */
export function createReader(context: RenderContext): Reader {
  const { store } = context;

  function* states(table: StoredTable): IterableIterator<{ state: State; gone: boolean }> {
    if (isChildTable(table)) {
      for (const { state: ticket } of states("tickets")) store.children(table, ticket.id);
    }
    for (const state of store.all(table)) yield { state, gone: false };
    for (const state of store.gone(table)) yield { state, gone: true };
  }

  function isDeleted(state: State, gone: boolean): boolean {
    if (gone || state.trashed !== null || state.data["status"] === "DELETED") return true;
    if (!isChildTable(state.table)) return false;
    const ticket = store.get("tickets", state.parentId ?? "");
    return ticket === undefined || ticket.trashed !== null;
  }

  function show(table: TableName, state: State, gone: boolean): StoreRecord {
    return {
      table,
      key: state.id,
      parentId: state.parentId,
      deleted: isDeleted(state, gone),
      trashed: state.trashed !== null,
      archived: state.archived,
      modifiedTime: tables[state.table].modified && state.modifiedMs > 0 ? isoTime(state.modifiedMs) : null,
      detail: renderDetail(state, context),
      list: renderListRow(state, context),
    };
  }

  function* records(table: TableName): Generator<StoreRecord> {
    if (table === "archived_tickets") {
      for (const state of store.archived().ordered({ by: "id", descending: false })) yield show(table, state, false);
      return;
    }
    for (const { state, gone } of states(table)) yield show(table, state, gone);
  }

  return {
    records,
    record(table, key) {
      const stored = table === "archived_tickets" ? "tickets" : table;
      const state = store.get(stored, key);
      if (state === undefined && isChildTable(stored)) return records(table).find((record) => record.key === key);
      if (state === undefined || (table === "archived_tickets" && !state.archived)) return undefined;
      return show(table, state, false);
    },
  };
}
