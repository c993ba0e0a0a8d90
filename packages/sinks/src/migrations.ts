import { readFileSync, readdirSync } from "node:fs";
import { ConfigError } from "@deskmirror/model";

/** One numbered step that brings a sink's bookkeeping up to date. */
export interface Migration {
  /** `0001-bookkeeping`: the file's name without its ending. */
  readonly name: string;
  readonly sql: string;
}

/** Reads the `.sql` files of a folder in order of their names. */
export function readMigrations(folder: URL): readonly Migration[] {
  const files = readdirSync(folder).filter((file) => file.endsWith(".sql"));
  return files
    .toSorted()
    .map((file) => ({ name: file.replace(/\.sql$/, ""), sql: readFileSync(new URL(file, folder), "utf8") }));
}

/** The migrations still to run; ConfigError when a newer release was here before. */
export function findPending(migrations: readonly Migration[], done: readonly string[]): readonly Migration[] {
  const known = new Set(migrations.map(({ name }) => name));
  const unknown = done.find((name) => !known.has(name));
  if (unknown !== undefined) {
    throw new ConfigError(
      `the sink was used by a newer release (migration ${unknown}): run that release or a later one`,
    );
  }
  return migrations.filter(({ name }) => !done.includes(name));
}

/** The error that stops the start when a migration failed. */
export function migrationError(name: string, reason: string): ConfigError {
  return new ConfigError(`migration ${name} of the sink failed and was undone: ${reason}`);
}
