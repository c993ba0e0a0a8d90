alter table _deskmirror.owners add column mode text not null default 'document';

-- The columns of the flat view as it stands, in order, and a hash of its text; null while there is none.
alter table _deskmirror.tables add column flat jsonb, add column flat_hash text;

-- What the columns of a flat view show of a value. A value that does not fit gives null, never an error: a cast that fails would make
-- every row unreadable. Casts stand behind patterns that admit only what they take.

create function _deskmirror.is_given(jsonb) returns boolean language sql immutable parallel safe as $$
  select coalesce($1 not in ('null', '""'), false)
$$;

create function _deskmirror.join_list(jsonb) returns text language sql immutable parallel safe as $$
  select string_agg(l.element #>> '{}', '|' order by l.place)
  from jsonb_array_elements($1) with ordinality as l (element, place)
$$;

create function _deskmirror.to_text(jsonb) returns text language sql immutable parallel safe as $$
  select case jsonb_typeof($1) when 'array' then _deskmirror.join_list($1) else $1 #>> '{}' end
$$;

create function _deskmirror.to_integer(jsonb) returns bigint language sql immutable parallel safe as $$
  select case when $1 #>> '{}' ~ '^-?(0|[1-9][0-9]{0,17})(\.0+)?$' then ($1 #>> '{}')::numeric::bigint end
$$;

create function _deskmirror.to_number(jsonb) returns numeric language sql immutable parallel safe as $$
  select case when length($1 #>> '{}') <= 100
    and $1 #>> '{}' ~ '^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]{1,2})?$' then ($1 #>> '{}')::numeric end
$$;

create function _deskmirror.to_boolean(jsonb) returns boolean language sql immutable parallel safe as $$
  select case lower($1 #>> '{}') when 'true' then true when 'false' then false end
$$;

create function _deskmirror.is_day(text) returns boolean language sql immutable parallel safe as $$
  select $1 ~ '^[1-9]\d{3}-((0[13578]|1[02])-(0[1-9]|[12]\d|3[01])|(0[469]|11)-(0[1-9]|[12]\d|30)|02-(0[1-9]|1\d|2[0-8]))$'
    or $1 ~ '^([1-9]\d(0[48]|[2468][048]|[13579][26])|(1[26]|[2468][048]|[3579][26])00)-02-29$'
$$;

create function _deskmirror.to_date(jsonb) returns date language sql immutable parallel safe as $$
  select case when _deskmirror.is_day(left($1 #>> '{}', 10)) and substr($1 #>> '{}', 11) ~ '^(T|$)'
    then make_date(substr($1 #>> '{}', 1, 4)::integer, substr($1 #>> '{}', 6, 2)::integer, substr($1 #>> '{}', 9, 2)::integer)
  end
$$;

-- ISO text, in UTC where it names no zone, or ms since 1970.
create function _deskmirror.to_time(jsonb) returns timestamptz language sql stable parallel safe as $$
  select case
    when $1 #>> '{}' ~ '^\d{9,14}$' then to_timestamp(($1 #>> '{}')::numeric / 1000)
    when _deskmirror.is_day(left($1 #>> '{}', 10))
      and substr($1 #>> '{}', 11) ~ '^T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-](0\d|1[0-4]):[0-5]\d)?$'
    then (case when $1 #>> '{}' ~ '(Z|[+-]\d\d:\d\d)$' then $1 #>> '{}' else ($1 #>> '{}') || 'Z' end)::timestamptz
  end
$$;
