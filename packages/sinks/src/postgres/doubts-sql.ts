/**
 * Raises doubts of one table (`$1` source, `$2` stream, then one array each for key, parent, afterMs, contradiction), but no
 * contradiction twice. A doubt that is open keeps its age and waits for the later answer.
 */
export const RAISE = `
with input as (
  select * from unnest($3::text[], $4::text[], $5::bigint[], $6::text[]) as i (key, parent_id, after_ms, contradiction)
), first_time as (
  insert into _deskmirror.contradictions (source, stream, key, state)
  select $1, $2, key, contradiction from input where contradiction is not null order by key
  on conflict do nothing
  returning key
)
insert into _deskmirror.doubts as d (source, stream, key, parent_id, after_ms, contradiction)
select $1, $2, key, parent_id, after_ms, contradiction from input
where contradiction is null or key in (select key from first_time)
order by key
on conflict (source, stream, key) do update set
  parent_id = case when excluded.after_ms > d.after_ms
    then coalesce(excluded.parent_id, d.parent_id) else coalesce(d.parent_id, excluded.parent_id) end,
  contradiction = case when excluded.contradiction = d.contradiction then d.contradiction end,
  after_ms = greatest(excluded.after_ms, d.after_ms)`;

/** Removes the doubts that answers settle (`$1` source, `$2` stream, then one array each for key and the answer's ms). */
export const SETTLE = `
delete from _deskmirror.doubts d
using unnest($3::text[], $4::bigint[]) as a (key, current_ms)
where d.source = $1 and d.stream = $2 and d.key = a.key and d.after_ms < a.current_ms`;

/** The open doubts of a source, oldest first. */
export const OPEN_DOUBTS = `
select stream, key, parent_id as "parentId", after_ms::float8 as "afterMs", contradiction,
  floor(extract(epoch from since) * 1000)::float8 as "sinceMs"
from _deskmirror.doubts where source = $1 order by since, stream, key limit $2`;

/** Takes the table's row of `_deskmirror.tables`, under which its doubts are written one transaction after the other. */
export const LOCK_TABLE = "select from _deskmirror.tables where source = $1 and stream = $2 for update";

/** Takes the same row and writes the state, unless a newer lease has written or the database is another one (then no row comes back). */
export const WRITE_STATE = `
update _deskmirror.tables set watermark_ms = $3, progress = $4, epoch = $5
where source = $1 and stream = $2 and epoch <= $5 and exists (select from _deskmirror.identity where id = $6)`;
