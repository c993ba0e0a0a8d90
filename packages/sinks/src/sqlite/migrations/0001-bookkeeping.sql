create table _deskmirror_identity (id text not null);
insert into _deskmirror_identity values (lower(hex(randomblob(16))));

create table _deskmirror_owners (
  source text primary key,
  org_id text not null
) strict;

create table _deskmirror_tables (
  source text not null,
  stream text not null,
  watermark_ms integer,
  progress text not null default '{}',
  epoch integer not null default 0,
  primary key (source, stream)
) strict;

create table _deskmirror_doubts (
  source text not null,
  stream text not null,
  key text not null,
  parent_id text,
  after_ms integer not null,
  contradiction text,
  since_ms integer not null,
  primary key (source, stream, key)
) strict;
create index _deskmirror_doubts_since on _deskmirror_doubts (source, since_ms);

-- Every contradiction ever raised, so that none is raised twice.
create table _deskmirror_contradictions (
  source text not null,
  stream text not null,
  key text not null,
  state text not null,
  primary key (source, stream, key, state)
) strict;

create table _deskmirror_vault (
  name text primary key,
  sealed text not null
) strict;
