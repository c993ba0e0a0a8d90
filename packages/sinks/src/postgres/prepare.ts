import type pg from "pg";
import type { Mode, TableOwner, Table } from "@deskmirror/model";
import type { NamedColumn } from "../flat/name-columns.ts";
import { assertNames, foreignOwnerError, foreignTableError } from "../names.ts";
import { flatName, storedName } from "../places.ts";
import type { PlacedTable } from "../places.ts";
import { STRUCTURE_LOCK, createSchema } from "./migrate.ts";
import { qualify } from "./names.ts";
import { transaction } from "./pool.ts";
import type { Client } from "./pool.ts";
import { dueCondition } from "./read-sql.ts";
import { BE_BRIEF, createView } from "./shape.ts";
import { switchMode } from "./switch-mode.ts";
import { CREATED_TIME } from "./suspects-sql.ts";

/** A table of contract section 6 with its indexes: what is due, children by parent, tombstones, spans of time. */
export function buildTable(table: PlacedTable): string {
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
${table.isByCreatedTime ? `create index ${table.stream}_created on ${name} ((${CREATED_TIME})) where _deleted_at is null;` : ""}
${table.core === null ? "" : `create index ${table.stream}_due on ${name} (_version) where _deleted_at is null and ${dueCondition(table)};`}`;
}

/** Until a source has tables, its name may go to another organization. */
const CLAIM = `
insert into _deskmirror.owners (source, org_id) values ($1, $2) on conflict (source) do update set org_id = excluded.org_id
where not exists (select from _deskmirror.tables t where t.source = excluded.source)`;

const THERE = "select relname as name from pg_class where relnamespace = to_regnamespace($1)";
const OURS = "select stream, flat from _deskmirror.tables where source = $1 order by stream";

interface Ours {
  readonly stream: string;
  readonly flat: readonly NamedColumn[] | null;
}

/** Brings what the source has into its mode, and creates the tables that are not there. */
export async function prepareTables(pool: pg.Pool, tables: readonly Table[], owner: TableOwner): Promise<void> {
  assertNames(tables, owner);
  const { source, orgId } = owner;
  await transaction(pool, async (client) => {
    await client.query(STRUCTURE_LOCK);
    await client.query(CLAIM, [source, orgId]);
    const text = "select mode from _deskmirror.owners where source = $1 and org_id = $2";
    const from = (await client.query<{ mode: Mode }>(text, [source, orgId])).rows[0]?.mode;
    if (from === undefined) throw foreignOwnerError(source);
    const to = owner.mode ?? from;
    await createSchema(client, source);
    const ours = new Map((await client.query<Ours>(OURS, [source])).rows.map(({ stream, flat }) => [stream, flat]));
    if (from !== to) {
      await client.query(BE_BRIEF);
      const streams = new Map([...ours].map(([stream, flat]) => [stream, flat !== null]));
      await switchMode(client, { source, from, to, streams, there: await names(client, source) });
    }
    const there = await names(client, source);
    for (const table of tables) await prepareTable(client, { ...table, mode: to }, { there, ours });
  });
}

interface Found {
  readonly there: ReadonlySet<string>;
  readonly ours: ReadonlyMap<string, Ours["flat"]>;
}

async function prepareTable(client: Client, table: PlacedTable, { there, ours }: Found): Promise<void> {
  const flat = ours.get(table.stream);
  const isOurs = flat !== undefined;
  // In document mode the view may stay away: the table is what was asked for.
  const mine = table.mode === "csv" ? [storedName(table), flatName(table)] : [storedName(table)];
  const taken = mine.find((name) => there.has(name));
  if (!isOurs && taken !== undefined) throw foreignTableError(`${table.source}.${taken}`);
  if (there.has(storedName(table))) return;
  await create(client, table);
  if (isOurs && flat !== null && !there.has(flatName(table))) await createView(client, table, flat);
}

/** A table that somebody dropped starts again from nothing; with the next epoch, so that whoever still works on the old one is fenced. */
async function create(client: Client, table: PlacedTable): Promise<void> {
  await client.query(buildTable(table));
  const values = [table.source, table.stream];
  await client.query("delete from _deskmirror.doubts where source = $1 and stream = $2", values);
  await client.query("delete from _deskmirror.suspects where source = $1 and stream = $2", values);
  await client.query("delete from _deskmirror.contradictions where source = $1 and stream = $2", values);
  await client.query(
    `insert into _deskmirror.tables as t (source, stream) values ($1, $2)
     on conflict (source, stream) do update set watermark_ms = null, progress = '{}', epoch = t.epoch + 1`,
    values,
  );
}

async function names(client: Client, source: string): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ name: string }>(THERE, [source]);
  return new Set(rows.map(({ name }) => name));
}
