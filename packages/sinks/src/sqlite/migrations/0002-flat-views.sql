alter table _deskmirror_owners add column mode text not null default 'document';

-- The columns of the flat view as it stands, in order, and a hash of its text; null while there is none.
alter table _deskmirror_tables add column flat text;
alter table _deskmirror_tables add column flat_hash text;
