-- Live rows that listings did not show; held_since: nothing happens to them before a person decides.
create table _deskmirror.suspects (
  source text not null,
  stream text not null,
  key text collate "C" not null,
  parent_id text,
  after_ms bigint not null,
  listing bigint not null,
  held_since timestamptz,
  primary key (source, stream, key)
);
