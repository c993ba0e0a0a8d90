import type { Table, TableOwner } from "@deskmirror/model";
import { assertNames, foreignOwnerError, foreignTableError } from "../names.ts";
import type { Database } from "./database.ts";
import { dueCondition } from "./read-sql.ts";
import { qualify } from "./rows.ts";

/** A table of contract section 6 with its indexes: what is due, children by parent, tombstones. */
export function buildTable(table: Table): string {
  const name = qualify(table);
  const index = (suffix: string): string => `"${table.source}_${table.stream}__${suffix}"`;
  return `
create table ${name} (
  id text primary key,
  data text,
  _parent_id text,
  _modified_at text,
  _deleted_at text,
  _synced_at text not null,
  _version text not null default '',
  _detail_version text not null default '',
  _life_version text not null default ''
) strict;
create index ${index("parent")} on ${name} (_parent_id, id) where _parent_id is not null;
create index ${index("deleted")} on ${name} (id) where _deleted_at is not null;
${table.core === null ? "" : `create index ${index("due")} on ${name} (_version) where _deleted_at is null and ${dueCondition(table)};`}`;
}

/** Until a source has tables, its name may go to another organization. */
const CLAIM = `
insert into _deskmirror_owners values (?, ?) on conflict (source) do update set org_id = excluded.org_id
where not exists (select 1 from _deskmirror_tables t where t.source = excluded.source)`;

/** Creates the tables that are not there. */
export async function prepareTables(db: Database, tables: readonly Table[], owner: TableOwner): Promise<void> {
  assertNames(tables, owner);
  const { source, orgId } = owner;
  await db.transaction(() => {
    db.statement(CLAIM).run(source, orgId);
    const stored = db.statement("select org_id from _deskmirror_owners where source = ?").get(source);
    if (stored?.["org_id"] !== orgId) throw foreignOwnerError(source);
    for (const table of tables) {
      const name = `${source}_${table.stream}`;
      const there = db.statement("select 1 from sqlite_schema where name = ?").get(name);
      const ours = db.statement("select 1 from _deskmirror_tables where source = ? and stream = ?");
      if (there === undefined) create(db, table);
      else if (ours.get(source, table.stream) === undefined) throw foreignTableError(name);
    }
  });
}

/** A table that somebody dropped starts again from nothing, with its doubts; only its epoch goes on. */
function create(db: Database, table: Table): void {
  db.exec(buildTable(table));
  const { source, stream } = table;
  db.statement("delete from _deskmirror_doubts where source = ? and stream = ?").run(source, stream);
  db.statement("delete from _deskmirror_contradictions where source = ? and stream = ?").run(source, stream);
  db.statement(
    `insert into _deskmirror_tables (source, stream) values (?, ?)
     on conflict (source, stream) do update set watermark_ms = null, progress = '{}'`,
  ).run(source, stream);
}
