import { toError } from "@deskmirror/model";
import { findPending, migrationError } from "../migrations.ts";
import type { Migration } from "../migrations.ts";
import type { Database } from "./database.ts";
import { toSinkError } from "./errors.ts";
import { TransientError } from "@deskmirror/model";

/** Brings the bookkeeping up to date, all in one transaction. ConfigError names a migration that failed. */
export async function migrate(db: Database, migrations: readonly Migration[]): Promise<void> {
  await db.transaction(() => {
    db.exec("create table if not exists _deskmirror_migrations (name text primary key) strict");
    const done = db.statement("select name from _deskmirror_migrations").all();
    const names = done.map(({ name }) => String(name));
    for (const migration of findPending(migrations, names)) run(db, migration);
  });
}

function run(db: Database, { name, sql }: Migration): void {
  try {
    db.exec(sql);
    db.statement("insert into _deskmirror_migrations values (?)").run(name);
  } catch (error) {
    if (toSinkError(error) instanceof TransientError) throw error;
    throw migrationError(name, toError(error).message);
  }
}
