import type pg from "pg";
import type { Table, TableOwner } from "@deskmirror/model";
import { assertNames, foreignOwnerError, foreignTableError } from "../names.ts";
import { STRUCTURE_LOCK, createSchema } from "./migrate.ts";
import { qualify } from "./names.ts";
import { transaction } from "./pool.ts";
import type { Client } from "./pool.ts";
import { dueCondition } from "./read-sql.ts";

/** A table of contract section 6 with its indexes: what is due, children by parent, tombstones. */
export function buildTable(table: Table): string {
  const name = qualify(table);
  return `
create table ${name} (
  id text collate "C" primary key,
  data jsonb,
  _parent_id text,
  _modified_at timestamptz,
  _deleted_at timestamptz,
  _synced_at timestamptz not null,
  _version text collate "C" not null default '',
  _detail_version text collate "C" not null default '',
  _life_version text collate "C" not null default ''
);
create index ${table.stream}_parent on ${name} (_parent_id, id) where _parent_id is not null;
create index ${table.stream}_deleted on ${name} (id) where _deleted_at is not null;
${table.core === null ? "" : `create index ${table.stream}_due on ${name} (_version) where _deleted_at is null and ${dueCondition(table)};`}`;
}

/** Until a source has tables, its name may go to another organization. */
const CLAIM = `
insert into _deskmirror.owners values ($1, $2) on conflict (source) do update set org_id = excluded.org_id
where not exists (select from _deskmirror.tables t where t.source = excluded.source)`;

/** Creates the tables that are not there. */
export async function prepareTables(pool: pg.Pool, tables: readonly Table[], owner: TableOwner): Promise<void> {
  assertNames(tables, owner);
  const { source, orgId } = owner;
  await transaction(pool, async (client) => {
    await client.query(STRUCTURE_LOCK);
    await client.query(CLAIM, [source, orgId]);
    const owners = await client.query("select from _deskmirror.owners where source = $1 and org_id = $2", [
      source,
      orgId,
    ]);
    if (owners.rowCount === 0) throw foreignOwnerError(source);
    await createSchema(client, source);
    const there = await names(
      client,
      "select relname as name from pg_class where relnamespace = to_regnamespace($1)",
      source,
    );
    const ours = await names(client, "select stream as name from _deskmirror.tables where source = $1", source);
    for (const table of tables) {
      if (!there.has(table.stream)) await create(client, table);
      else if (!ours.has(table.stream)) throw foreignTableError(`${source}.${table.stream}`);
    }
  });
}

/** A table that somebody dropped starts again from nothing, with its doubts; only its epoch goes on. */
async function create(client: Client, table: Table): Promise<void> {
  await client.query(buildTable(table));
  const values = [table.source, table.stream];
  await client.query("delete from _deskmirror.doubts where source = $1 and stream = $2", values);
  await client.query("delete from _deskmirror.contradictions where source = $1 and stream = $2", values);
  await client.query(
    `insert into _deskmirror.tables (source, stream) values ($1, $2)
     on conflict (source, stream) do update set watermark_ms = null, progress = '{}'`,
    values,
  );
}

async function names(client: Client, text: string, source: string): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ name: string }>(text, [source]);
  return new Set(rows.map(({ name }) => name));
}
