import pg from "pg";
import { PermanentError } from "@deskmirror/model";
import type { Column, Mode, Table } from "@deskmirror/model";
import { extendColumns } from "../flat/extend-columns.ts";
import { hashText } from "../flat/hash-text.ts";
import { nameColumns } from "../flat/name-columns.ts";
import type { NamedColumn } from "../flat/name-columns.ts";
import { foreignTableError } from "../names.ts";
import type { PlacedTable } from "../places.ts";
import { buildFlatColumns } from "./flat-sql.ts";
import { STRUCTURE_LOCK } from "./migrate.ts";
import { qualify, qualifyFlat } from "./names.ts";
import { transaction } from "./pool.ts";
import type { Client } from "./pool.ts";

/** A change of structure waits so long for readers, and lets others wait behind it. */
export const BE_BRIEF = "set local lock_timeout = '3s'";

const STORED = `
select o.mode, t.flat, t.flat_hash as hash
from _deskmirror.tables t join _deskmirror.owners o using (source) where source = $1 and stream = $2`;

interface Stored {
  readonly mode: Mode;
  readonly flat: readonly NamedColumn[] | null;
  readonly hash: string | null;
}

/** Gives a table's flat view its columns; resolves to the names of those that should have gone and are held by views of others. */
export async function shapeTable(pool: pg.Pool, table: Table, columns: readonly Column[]): Promise<readonly string[]> {
  const wanted = nameColumns(columns);
  return transaction(pool, async (client) => {
    await client.query(BE_BRIEF);
    await client.query(STRUCTURE_LOCK);
    const { rows } = await client.query<Stored>(STORED, [table.source, table.stream]);
    const stored = rows[0];
    if (stored === undefined) throw new PermanentError(`${table.source}.${table.stream} was never prepared`);
    const placed = { ...table, mode: stored.mode };
    const shown = (await isOurs(client, placed, stored)) ? stored.flat : null;
    return shown === null ? createView(client, placed, wanted) : changeView(client, placed, { shown, wanted, stored });
  });
}

/** Makes the view of a table that has none. */
export async function createView(client: Client, table: PlacedTable, columns: readonly NamedColumn[]): Promise<[]> {
  await client.query(`create view ${qualifyFlat(table)} as select ${buildFlatColumns(columns)} from ${qualify(table)}`);
  await remember(client, table, columns);
  return [];
}

/** Whether our view is there. ConfigError when something else has its name. */
async function isOurs(client: Client, table: PlacedTable, { flat }: Stored): Promise<boolean> {
  const name = qualifyFlat(table);
  const { rows } = await client.query<{ kind: string }>(
    "select relkind as kind from pg_class where oid = to_regclass($1)",
    [name],
  );
  const kind = rows[0]?.kind;
  if (kind !== undefined && (kind !== "v" || flat === null)) throw foreignTableError(name.replaceAll('"', ""));
  return kind === "v";
}

interface ViewChange {
  readonly shown: readonly NamedColumn[];
  readonly wanted: readonly NamedColumn[];
  readonly stored: Stored;
}

/**
 * What is new is added behind what is there, which PostgreSQL lets happen under views that others built on ours. What goes or changes its
 * type needs the view dropped; where others stand on it, that waits until they do not.
 */
async function changeView(client: Client, table: PlacedTable, change: ViewChange): Promise<readonly string[]> {
  const { shown, wanted, stored } = change;
  const { columns, held } = extendColumns(shown, wanted);
  if (held.length === 0) {
    if (hashText(buildFlatColumns(columns)) !== stored.hash) await replaceView(client, table, columns);
    return [];
  }
  if (await dropAndCreate(client, table, wanted)) return [];
  if (hashText(buildFlatColumns(columns)) !== stored.hash) await replaceView(client, table, columns);
  return held;
}

async function replaceView(client: Client, table: PlacedTable, columns: readonly NamedColumn[]): Promise<void> {
  await client.query(
    `create or replace view ${qualifyFlat(table)} as select ${buildFlatColumns(columns)} from ${qualify(table)}`,
  );
  await remember(client, table, columns);
}

/** Statements that give the new view the rights that people were given on the old one. */
const GRANTS = `
select format('grant %s on %s to %s%s', a.privilege_type, $1::text, coalesce(quote_ident(r.rolname), 'public'),
  case when a.is_grantable then ' with grant option' else '' end) as text
from pg_class c cross join aclexplode(c.relacl) a left join pg_roles r on r.oid = a.grantee
where c.oid = to_regclass($1) and a.grantee <> c.relowner`;

const DEPENDENT_OBJECTS = "2BP01";

/** False, and nothing done, when something of others depends on the view. */
async function dropAndCreate(client: Client, table: PlacedTable, columns: readonly NamedColumn[]): Promise<boolean> {
  const name = qualifyFlat(table);
  const { rows: grants } = await client.query<{ text: string }>(GRANTS, [name]);
  await client.query("savepoint before_drop");
  try {
    await client.query(`drop view ${name}`);
  } catch (error) {
    if (!(error instanceof pg.DatabaseError) || error.code !== DEPENDENT_OBJECTS) throw error;
    await client.query("rollback to savepoint before_drop");
    return false;
  }
  await createView(client, table, columns);
  for (const { text } of grants) await client.query(text);
  return true;
}

async function remember(
  client: Client,
  { source, stream }: PlacedTable,
  columns: readonly NamedColumn[],
): Promise<void> {
  await client.query("update _deskmirror.tables set flat = $3, flat_hash = $4 where source = $1 and stream = $2", [
    source,
    stream,
    JSON.stringify(columns),
    hashText(buildFlatColumns(columns)),
  ]);
}
