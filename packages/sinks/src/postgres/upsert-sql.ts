import type { Register, StateChange, Table } from "@deskmirror/model";
import { toStorableJson } from "@deskmirror/model";
import type { PlacedTable } from "../places.ts";
import { qualify } from "./names.ts";

/** Locks the rows of the keys `$1` in key order, so that parallel writers never wait for each other in a circle. */
export function buildLock(table: PlacedTable): string {
  return `
select id, _version as core, _detail_version as detail, _life_version as life
from ${qualify(table)} where id = any($1::text[]) order by id for update`;
}

/**
 * Writes given as one array for each column; '' is the version of a register that is not carried. Registers come as lines of
 * JSON, which need no escaping, unlike elements of an array: half the work for the client.
 */
const INPUT = `
unnest(
  $1::text[], $2::text[], $3::bigint[], $4::bigint[],
  string_to_array($5::text, E'\\n', ''), $6::text[], string_to_array($7::text, E'\\n', ''), $8::text[], $9::text[]
) as i (id, parent_id, modified_ms, deleted_ms, core, core_version, detail, detail_version, life_version)`;

/** The parameters of `buildInsert` and `buildUpdate`. */
export function toInput(table: Table, writes: readonly StateChange[]): unknown[] {
  return [
    writes.map(({ key }) => key),
    writes.map(({ parentId }) => parentId),
    writes.map(({ modifiedMs }) => modifiedMs),
    writes.map((write) => (write.op === "delete" ? write.deletedMs : null)),
    toLines(writes.map(({ core }) => core)),
    writes.map(({ core }) => core?.version ?? ""),
    toLines(writes.map(({ detail }) => table.core && detail)),
    writes.map(({ detail }) => detail?.version ?? ""),
    writes.map(({ life }) => life),
  ];
}

/** JSON text holds no line feed; an empty line is a register that is not carried. */
function toLines(registers: readonly (Register | null)[]): string {
  return registers.map((register) => (register === null ? "" : toStorableJson(register.data))).join("\n");
}

/** Inserts rows of new keys in key order and returns their ids; skips a key that another writer inserted meanwhile. */
export function buildInsert(table: PlacedTable): string {
  return `
insert into ${qualify(table)}
  (id, data, _parent_id, _modified_at, _deleted_at, _synced_at, _version, _detail_version, _life_version)
select id,
  case when coalesce(core, detail) is not null then coalesce(detail::jsonb, '{}') || coalesce(core::jsonb, '{}') end,
  case when core is not null then parent_id end,
  case when core is not null then ${timestamp("modified_ms")} end,
  ${timestamp("deleted_ms")}, now(), core_version, detail_version, life_version
from ${INPUT}
order by id
on conflict (id) do nothing
returning id`;
}

/**
 * Merges writes into locked rows: each register replaces its own only when it is newer (design decision 3). `$10` holds the
 * core keys. Returns ids and whether data or deletion changed; only then does `_synced_at` move. `offset 0` keeps the planner
 * from working the merged data out twice.
 */
export function buildUpdate(table: PlacedTable): string {
  return `
with merged as (
  select o.id, n.*, (n.data, n.deleted_at) is distinct from (o.data, o._deleted_at) as changed
  from ${INPUT}
  join ${qualify(table)} o on o.id = i.id
  cross join lateral (select
    ${table.core === null ? WHOLE_DATA : MERGED_DATA} as data,
    case when i.core_version > o._version then i.parent_id else o._parent_id end as parent_id,
    case when i.core_version > o._version then ${timestamp("i.modified_ms")} else o._modified_at end as modified_at,
    case when i.life_version > o._life_version then ${timestamp("i.deleted_ms")} else o._deleted_at end as deleted_at,
    greatest(i.core_version, o._version) as version,
    greatest(i.detail_version, o._detail_version) as detail_version,
    greatest(i.life_version, o._life_version) as life_version
  offset 0) n
)
update ${qualify(table)} t set
  data = m.data, _parent_id = m.parent_id, _modified_at = m.modified_at, _deleted_at = m.deleted_at,
  _synced_at = case when m.changed then now() else t._synced_at end,
  _version = m.version, _detail_version = m.detail_version, _life_version = m.life_version
from merged m where t.id = m.id
returning t.id, m.changed`;
}

const WHOLE_DATA = "case when i.core_version > o._version then i.core::jsonb else o.data end";

const MERGED_DATA = `case
      when i.core_version > o._version and i.detail_version > o._detail_version then i.detail::jsonb || i.core::jsonb
      when i.core_version > o._version then (coalesce(o.data, '{}') - $10::text[]) || i.core::jsonb
      when i.detail_version > o._detail_version then i.detail::jsonb || (
        select coalesce(jsonb_object_agg(k, o.data -> k), '{}') from unnest($10::text[]) k where o.data ? k
      )
      else o.data end`;

function timestamp(ms: string): string {
  return `to_timestamp(${ms} / 1000.0)`;
}
