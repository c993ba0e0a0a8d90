import type { PlacedTable } from "../places.ts";
import { qualify } from "./names.ts";

/** When a row's record was created, as Zoho writes it: text in the order of time. */
export const CREATED_TIME = `(data ->> 'createdTime') collate "C"`;

/**
 * Live rows of a span that a listing lacks become its suspects, those it shows are none: `$1` source, `$2` stream, `$3` listing, `$4` and
 * `$5` the span in ISO 8601, `$6` keys, `$7` the key that sets rows aside or null.
 */
export function buildShown(table: PlacedTable): string {
  return `
with unshown as (
  insert into _deskmirror.suspects (source, stream, key, parent_id, after_ms, listing)
  select $1, $2, id, _parent_id, coalesce(nullif(left(_life_version, 15), '')::bigint, 0), $3 from ${qualify(table)}
  where _deleted_at is null and ${CREATED_TIME} >= $4 and ${CREATED_TIME} < $5
    and id <> all ($6::text[]) and ($7::text is null or data ->> $7 is distinct from 'true')
  order by id
  on conflict (source, stream, key) do update set listing = excluded.listing, after_ms = excluded.after_ms
)
delete from _deskmirror.suspects where source = $1 and stream = $2 and listing = $3 and key = any ($6)`;
}

/** Adds suspects: `$1` source, `$2` stream, `$3` listing, then one array each for key, parent and afterMs. */
export const ADD = `
insert into _deskmirror.suspects (source, stream, key, parent_id, after_ms, listing)
select $1, $2, key, parent_id, after_ms, $3 from unnest($4::text[], $5::text[], $6::bigint[]) as i (key, parent_id, after_ms)
order by key
on conflict (source, stream, key) do update set listing = excluded.listing, after_ms = excluded.after_ms`;

/** Suspects of a listing. */
export const COUNT =
  "select count(*)::float8 as count from _deskmirror.suspects where source = $1 and stream = $2 and listing = $3";

/** Forgets what other listings lacked. */
export const FORGET_OTHERS = "delete from _deskmirror.suspects where source = $1 and stream = $2 and listing <> $3";

/** Holds what a listing lacks. */
export const HOLD_ALL = `
update _deskmirror.suspects set held_since = coalesce(held_since, now()) where source = $1 and stream = $2 and listing = $3`;

/** Suspects become doubts, held ones only (`$4` true) or all of a listing. */
export const ASK = `
with asked as (
  update _deskmirror.suspects set held_since = null
  where source = $1 and stream = $2 and case when $4 then held_since is not null else listing = $3 end
  returning key, parent_id, after_ms
), added as (
  insert into _deskmirror.doubts (source, stream, key, parent_id, after_ms)
  select $1, $2, key, parent_id, after_ms from asked order by key
  on conflict (source, stream, key) do nothing
)
select count(*)::float8 as count from asked`;

/** Holds the suspect of a key. */
export const HOLD = `
update _deskmirror.suspects set held_since = coalesce(held_since, now()) where source = $1 and stream = $2 and key = $3`;

/** Ends the doubt of a key. */
export const END_DOUBT = "delete from _deskmirror.doubts where source = $1 and stream = $2 and key = $3";

/** Forgets what is held of a table. */
export const FORGET_HELD =
  "delete from _deskmirror.suspects where source = $1 and stream = $2 and held_since is not null";

/** What is held of a source. */
export const HELD = `
select stream, count(*)::float8 as count, (array_agg(key order by key))[1:20] as keys,
  floor(extract(epoch from min(held_since)) * 1000)::float8 as "sinceMs"
from _deskmirror.suspects where source = $1 and held_since is not null group by stream order by stream`;

/** Removes the suspects of keys that are proven dead. */
export const FORGET_DEAD = "delete from _deskmirror.suspects where source = $1 and stream = $2 and key = any ($3)";

/** Removes the suspects that answers settle (`$1` source, `$2` stream, then one array each for key and the answer's ms). */
export const SETTLE_SUSPECTS = `
delete from _deskmirror.suspects s
using unnest($3::text[], $4::bigint[]) as a (key, current_ms)
where s.source = $1 and s.stream = $2 and s.key = a.key and s.after_ms < a.current_ms`;
