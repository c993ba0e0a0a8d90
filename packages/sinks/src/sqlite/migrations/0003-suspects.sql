-- Live rows that listings did not show; held_since_ms: nothing happens to them before a person decides.
create table _deskmirror_suspects (
  source text not null,
  stream text not null,
  key text not null,
  parent_id text,
  after_ms integer not null,
  listing integer not null,
  held_since_ms integer,
  primary key (source, stream, key)
) strict;
