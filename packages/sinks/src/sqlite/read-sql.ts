import type { RowQuery, Table } from "@deskmirror/model";
import type { PlacedTable } from "../places.ts";
import { COLUMNS, qualify, toIsoTime } from "./rows.ts";

/** SQL text and the values of its parameters. */
export interface Query {
  readonly text: string;
  readonly values: readonly (string | number)[];
}

/** The condition under which a live row's detail is due; `isDetailDue` in SQL. */
export function dueCondition(table: Table): string {
  if (table.core === null) return "0";
  return table.hasModifiedTime
    ? "substr(_detail_version, 1, 15) < substr(_version, 1, 15)"
    : "substr(_detail_version, 1, 15) <= '000000000000000'";
}

/** Rows of the given keys. */
export function buildRowsByKey(table: PlacedTable, keys: readonly string[]): Query {
  const text = `select ${COLUMNS} from ${qualify(table)} where id in (select value from json_each(?)) order by id`;
  return { text, values: [JSON.stringify(keys)] };
}

/** Live rows whose detail is due, newest core first. */
export function buildDetailDue(table: PlacedTable, limit: number): Query {
  const text = `
select ${COLUMNS} from ${qualify(table)}
where _deleted_at is null and ${dueCondition(table)} order by _version desc limit ?`;
  return { text, values: [limit] };
}

/** Rows in key order. */
export function buildRows(table: PlacedTable, query: RowQuery): Query {
  const { after, parentId, deletedAfterMs, changedAfterMs, limit } = query;
  const conditions = [
    ...(after === undefined ? [] : [{ text: "id > ?", value: after }]),
    ...(parentId === undefined ? [] : [{ text: "_parent_id = ?", value: parentId }]),
    ...(deletedAfterMs === undefined ? [] : [{ text: "_deleted_at > ?", value: toIsoTime(deletedAfterMs) }]),
    ...(changedAfterMs === undefined ? [] : [{ text: "_synced_at > ?", value: toIsoTime(changedAfterMs) }]),
  ];
  const texts = conditions.map(({ text }) => text);
  if (deletedAfterMs === undefined && changedAfterMs === undefined) texts.push("_deleted_at is null");
  return {
    text: `select ${COLUMNS} from ${qualify(table)} where ${texts.join(" and ")} order by id limit ?`,
    values: [...conditions.map(({ value }) => value), limit],
  };
}

/** Counts of a table. */
export function buildCount(table: PlacedTable): string {
  return `
select count(*) filter (where _deleted_at is null) as rows,
  count(*) filter (where _deleted_at is not null) as deleted,
  count(*) filter (where _deleted_at is null and not (${dueCondition(table)})) as full,
  max(_synced_at) as lastChangeAt
from ${qualify(table)}`;
}
