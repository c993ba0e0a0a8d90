create table _deskmirror.identity (id uuid not null default gen_random_uuid());
insert into _deskmirror.identity default values;

create table _deskmirror.owners (
  source text primary key,
  org_id text not null
);

create table _deskmirror.tables (
  source text not null references _deskmirror.owners,
  stream text not null,
  watermark_ms bigint,
  progress jsonb not null default '{}',
  epoch bigint not null default 0,
  primary key (source, stream)
);

create table _deskmirror.doubts (
  source text not null,
  stream text not null,
  key text collate "C" not null,
  parent_id text,
  after_ms bigint not null,
  contradiction text,
  since timestamptz not null default now(),
  primary key (source, stream, key)
);
create index doubts_since on _deskmirror.doubts (source, since);

-- Every contradiction ever raised, so that none is raised twice.
create table _deskmirror.contradictions (
  source text not null,
  stream text not null,
  key text collate "C" not null,
  state text not null,
  primary key (source, stream, key, state)
);

create table _deskmirror.vault (
  name text primary key,
  sealed text not null
);
