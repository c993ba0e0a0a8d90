import type { RowQuery, Table } from "@deskmirror/model";
import type { PlacedTable } from "../places.ts";
import { qualify } from "./names.ts";

/** SQL text and the values of its parameters. */
export interface Query {
  readonly text: string;
  readonly values: unknown[];
}

/** The condition under which a live row's detail is due; `isDetailDue` in SQL. */
export function dueCondition(table: Table): string {
  if (table.core === null) return "false";
  return table.hasModifiedTime
    ? "left(_detail_version, 15) < left(_version, 15)"
    : "left(_detail_version, 15) <= '000000000000000'";
}

const COLUMNS = `id as key, _parent_id as "parentId", data, _version as core, _detail_version as detail, _life_version as life,
  round(extract(epoch from _modified_at) * 1000)::float8 as "modifiedMs",
  round(extract(epoch from _deleted_at) * 1000)::float8 as "deletedMs"`;

/** Rows of the given keys. */
export function buildRowsByKey(table: PlacedTable, keys: readonly string[]): Query {
  return { text: `select ${COLUMNS} from ${qualify(table)} where id = any($1::text[]) order by id`, values: [keys] };
}

/** Live rows whose detail is due, newest core first. */
export function buildDetailDue(table: PlacedTable, limit: number): Query {
  const text = `
select ${COLUMNS} from ${qualify(table)}
where _deleted_at is null and ${dueCondition(table)} order by _version desc limit $1`;
  return { text, values: [limit] };
}

/** Rows in key order. */
export function buildRows(table: PlacedTable, query: RowQuery): Query {
  const { after, parentId, deletedAfterMs, changedAfterMs, limit } = query;
  const values: unknown[] = [limit];
  const conditions: string[] = [];
  const add = (value: unknown, condition: (parameter: string) => string): void => {
    if (value !== undefined) conditions.push(condition(`$${values.push(value)}`));
  };
  add(after, (parameter) => `id > ${parameter}`);
  add(parentId, (parameter) => `_parent_id = ${parameter}`);
  add(deletedAfterMs, (parameter) => `_deleted_at > to_timestamp(${parameter}::bigint / 1000.0)`);
  add(changedAfterMs, (parameter) => `_synced_at > to_timestamp(${parameter}::bigint / 1000.0)`);
  if (deletedAfterMs === undefined && changedAfterMs === undefined) conditions.push("_deleted_at is null");
  const text = `select ${COLUMNS} from ${qualify(table)} where ${conditions.join(" and ")} order by id limit $1`;
  return { text, values };
}

/** Counts of a table. */
export function buildCount(table: PlacedTable): string {
  return `
select count(*) filter (where _deleted_at is null)::float8 as rows,
  count(*) filter (where _deleted_at is not null)::float8 as deleted,
  count(*) filter (where _deleted_at is null and not (${dueCondition(table)}))::float8 as full,
  floor(extract(epoch from max(_synced_at)) * 1000)::float8 as "lastChangeMs"
from ${qualify(table)}`;
}

/**
 * Whether the database has the identity `$1` and the tables of `$2` source and `$3` stream, one array each, where their source's mode puts
 * them.
 */
export const IS_INTACT = `
select exists (select from _deskmirror.identity where id = $1) and not exists (
  select from unnest($2::text[], $3::text[]) as t (source, stream) left join _deskmirror.owners o on o.source = t.source
  where to_regclass(format('%I.%I', t.source, case o.mode when 'csv' then '_' else '' end || t.stream)) is null
) as "isIntact"`;
