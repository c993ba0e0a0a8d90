import { isDeepStrictEqual } from "node:util";
import { NO_ROW, joinVersions, toStorableJson } from "@deskmirror/model";
import type { JsonObject, Row, StateChange, Table } from "@deskmirror/model";

/** The row after a write; the sinks that do not merge in SQL use it. */
export function mergeRow(table: Table, old: Row | null, write: StateChange): Row {
  const before = old?.versions ?? NO_ROW;
  const core = write.core !== null && write.core.version > before.core ? write.core.data : null;
  const detail = write.detail !== null && write.detail.version > before.detail ? write.detail.data : null;
  const deletedMs = write.op === "delete" ? write.deletedMs : null;
  return {
    key: write.key,
    parentId: core === null ? (old?.parentId ?? null) : write.parentId,
    modifiedMs: core === null ? (old?.modifiedMs ?? null) : write.modifiedMs,
    deletedMs: write.life > before.life ? deletedMs : (old?.deletedMs ?? null),
    data: mergeData(table.core, old?.data ?? null, { core, detail }),
    versions: joinVersions(before, write),
  };
}

/** Whether what a reader of the table sees of the record has changed: its data or its deletion. */
export function hasChanged(old: Row | null, row: Row): boolean {
  return old === null || old.deletedMs !== row.deletedMs || !isDeepStrictEqual(old.data, row.data);
}

interface NewerRegisters {
  readonly core: JsonObject | null;
  readonly detail: JsonObject | null;
}

function mergeData(
  coreKeys: readonly string[] | null,
  old: JsonObject | null,
  newer: NewerRegisters,
): JsonObject | null {
  if (newer.core === null && (newer.detail === null || coreKeys === null)) return old;
  if (coreKeys === null) return toStored(newer.core ?? {});
  const isCore = new Set(coreKeys);
  const detail = newer.detail ?? keep(old, (key) => !isCore.has(key));
  const core = newer.core ?? keep(old, (key) => isCore.has(key));
  return toStored({ ...detail, ...core });
}

function keep(data: JsonObject | null, wanted: (key: string) => boolean): JsonObject {
  return Object.fromEntries(Object.entries(data ?? {}).filter(([key]) => wanted(key)));
}

/** Data as it will be read back, so that it can be compared with what was read. */
function toStored(data: JsonObject): JsonObject {
  return JSON.parse(toStorableJson(data));
}
