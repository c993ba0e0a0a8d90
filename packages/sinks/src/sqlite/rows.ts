import type { SQLOutputValue } from "node:sqlite";
import { toStorableJson } from "@deskmirror/model";
import type { JsonObject, Row } from "@deskmirror/model";
import { flatName, storedName } from "../places.ts";
import type { PlacedTable } from "../places.ts";

/** A table as SQL names it; `assertNames` has checked the parts. */
export function qualify(table: PlacedTable): string {
  return `"${table.source}_${storedName(table)}"`;
}

/** Its flat view. */
export function qualifyFlat(table: PlacedTable): string {
  return `"${table.source}_${flatName(table)}"`;
}

/** Columns of a row in the order of `toParameters`. */
export const COLUMNS =
  "id, data, _parent_id, _modified_at, _deleted_at, _version, _detail_version, _life_version, _synced_at";

/** Reads a row of a table. */
export function toRow(stored: Record<string, SQLOutputValue>): Row {
  const data = toText(stored["data"]);
  return {
    key: String(stored["id"]),
    parentId: toText(stored["_parent_id"]),
    data: data === null ? null : (JSON.parse(data) as JsonObject),
    versions: {
      core: String(stored["_version"]),
      detail: String(stored["_detail_version"]),
      life: String(stored["_life_version"]),
    },
    modifiedMs: toMs(stored["_modified_at"]),
    deletedMs: toMs(stored["_deleted_at"]),
  };
}

/** The values of `COLUMNS`. */
export function toParameters(row: Row, syncedAt: string): (string | null)[] {
  return [
    row.key,
    row.data && toStorableJson(row.data),
    row.parentId,
    toIsoTime(row.modifiedMs),
    toIsoTime(row.deletedMs),
    row.versions.core,
    row.versions.detail,
    row.versions.life,
    syncedAt,
  ];
}

/** A time of a date column. */
export function toIsoTime(ms: number): string;
export function toIsoTime(ms: number | null): string | null;
export function toIsoTime(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

/** Reads a date column. */
export function toMs(value: SQLOutputValue | undefined): number | null {
  return typeof value === "string" ? Date.parse(value) : null;
}

/** Reads a text column. */
export function toText(value: SQLOutputValue | undefined): string | null {
  return typeof value === "string" ? value : null;
}
