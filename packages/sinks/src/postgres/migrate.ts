import pg from "pg";
import { findPending, migrationError } from "../migrations.ts";
import type { Migration } from "../migrations.ts";
import { describe } from "./errors.ts";
import { transaction } from "./pool.ts";
import type { Client } from "./pool.ts";
import { isRetryable } from "./sqlstates.ts";

/** Makes and migrations of all processes wait for each other under this advisory lock. */
export const STRUCTURE_LOCK = "select pg_advisory_xact_lock(4711130519)";

/** Brings `_deskmirror` up to date, all in one transaction. ConfigError names a migration that failed. */
export async function migrate(pool: pg.Pool, migrations: readonly Migration[]): Promise<void> {
  await transaction(pool, async (client) => {
    await client.query(STRUCTURE_LOCK);
    await createSchema(client, "_deskmirror");
    await client.query("create table if not exists _deskmirror.migrations (name text primary key)");
    const { rows } = await client.query<{ name: string }>("select name from _deskmirror.migrations");
    const done = rows.map(({ name }) => name);
    for (const migration of findPending(migrations, done)) await run(client, migration);
  });
}

/** Creates a schema that is not there; unlike `if not exists` it needs no right to create when it is. */
export async function createSchema(client: Client, name: string): Promise<void> {
  const { rowCount } = await client.query("select from pg_namespace where nspname = $1", [name]);
  if (rowCount === 0) await client.query(`create schema "${name}"`);
}

async function run(client: Client, { name, sql }: Migration): Promise<void> {
  try {
    await client.query(sql);
    await client.query("insert into _deskmirror.migrations (name) values ($1)", [name]);
  } catch (error) {
    if (!(error instanceof pg.DatabaseError) || isRetryable(error.code ?? "")) throw error;
    throw migrationError(name, describe(error));
  }
}
