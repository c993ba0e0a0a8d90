import { isoTime, type Json, type MutableRow, type Row } from "../json.ts";
import type { State } from "../store/state.ts";
import { tables } from "./index.ts";
import { detailKeys, type RenderContext } from "./spec.ts";

/** Renders the given keys of a record: derived where the table says so, else as stored, null when empty. */
export function render(state: State, keys: readonly string[], context: RenderContext): Row {
  const { derived } = tables[state.table];
  const row: MutableRow = {};
  for (const key of keys) {
    const derive = derived[key];
    row[key] = derive === undefined ? stored(state, key) : derive(state, context);
  }
  return row;
}

function stored(state: State, key: string): Json {
  if (key === "id") return state.data["id"] ?? state.id;
  if (key === "createdTime" || key === "commentedTime") return isoTime(state.createdMs);
  if (key === "modifiedTime") return state.modifiedMs === 0 ? null : isoTime(state.modifiedMs);
  if (key.startsWith("cf_")) return (state.data["cf"] as Row | undefined)?.[key] ?? null;
  return state.data[key] ?? null;
}

/** The keys of a list row, with what settings add. */
export function listKeys(table: State["table"], context: RenderContext): readonly string[] {
  const { list } = tables[table];
  const { tagCountKey, templatesModifiedTime } = context.settings;
  if (table === "ticket_tags" && tagCountKey !== null) return [...list, tagCountKey];
  if (table === "ticket_templates" && templatesModifiedTime) return [...list, "createdTime", "modifiedTime"];
  return list;
}

/** A record as GET by id shows it, without includes. */
export function renderDetail(state: State, context: RenderContext): Row {
  return render(state, detailKeys(tables[state.table]), context);
}

/** A record as its list shows it, without includes. */
export function renderListRow(state: State, context: RenderContext): Row {
  return render(state, listKeys(state.table, context), context);
}

/** A record as search shows it; description and resolution cut where the setting says so. */
export function renderSearchRow(state: State, context: RenderContext): Row {
  const row = render(state, tables[state.table].search?.keys ?? [], context);
  const limit = context.settings.searchTextLimit;
  if (limit === null) return row;
  const cut = Object.entries(row).map(([key, value]): [string, Json] =>
    (key === "description" || key === "resolution") && typeof value === "string"
      ? [key, value.slice(0, limit)]
      : [key, value],
  );
  return Object.fromEntries(cut);
}
