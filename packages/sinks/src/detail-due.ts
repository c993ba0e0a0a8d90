import { NO_ROW, NO_VERSION, newest, toVersionParts } from "@deskmirror/model";
import type { Doubt, RowVersions, StateChange, Table } from "@deskmirror/model";

/**
 * Whether a row's detail is older than its core (design decision 3). Streams without modified time have a new `s` in every
 * list row, so there only detail that never had authority is due; `changedCores` asks for the rest.
 */
export function isDetailDue(table: Table, versions: RowVersions): boolean {
  if (table.core === null) return false;
  const detailMs = toVersionParts(versions.detail)?.modifiedMs ?? 0;
  if (!table.hasModifiedTime) return detailMs === 0;
  const coreMs = toVersionParts(versions.core)?.modifiedMs;
  return coreMs !== undefined && detailMs < coreMs;
}

/**
 * Doubts for streams without modified time: core's content changed and the detail that a GET once gave is older. The versions
 * alone cannot tell, since a list row with unchanged content is newer too; so the change itself is remembered, as a doubt.
 */
export function changedCores(
  table: Table,
  writes: readonly StateChange[],
  rows: ReadonlyMap<string, RowVersions>,
): readonly Doubt[] {
  if (table.core === null || table.hasModifiedTime) return [];
  return writes.flatMap((write) => {
    const row = rows.get(write.key) ?? NO_ROW;
    const before = toVersionParts(row.core);
    const after = toVersionParts(newest(row.core, write.core?.version ?? NO_VERSION));
    const detailMs = toVersionParts(newest(row.detail, write.detail?.version ?? NO_VERSION))?.modifiedMs ?? 0;
    if (before === null || after === null || before.contentHash === after.contentHash) return [];
    if (detailMs === 0 || detailMs >= after.modifiedMs) return [];
    return [{ key: write.key, parentId: write.parentId, afterMs: after.currentMs, contradiction: null }];
  });
}
