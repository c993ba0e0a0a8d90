import { ConfigError } from "@deskmirror/model";
import type { Table, TableOwner } from "@deskmirror/model";

const sourceName = /^[a-z][a-z0-9_]{0,30}$/;
const streamName = /^[a-z][a-z0-9_]{0,30}$/;
const reservedName = /^(pg_.*|sqlite.*|public|information_schema|main|temp)$/;

/** Why a source cannot have this name (contract section 4: it becomes a schema); null when it can. */
export function sourceNameProblem(name: string): string | null {
  if (!sourceName.test(name)) {
    return "a source's name starts with a small letter and goes on with at most 30 small letters, digits or underscores";
  }
  return reservedName.test(name) ? `${name} is a name that databases keep for themselves; choose another` : null;
}

/** Throws ConfigError unless owner and streams have names that may stand in SQL, and every table is the owner's. */
export function assertNames(tables: readonly Table[], owner: TableOwner): void {
  const problem = sourceNameProblem(owner.source);
  if (problem !== null) throw new ConfigError(problem);
  for (const { source, stream } of tables) {
    if (source !== owner.source)
      throw new ConfigError(`table ${stream} is of source ${source}, not of ${owner.source}`);
    if (!streamName.test(stream)) throw new ConfigError(`${stream} cannot be the name of a table`);
  }
}

/** The error for tables that somebody else made. */
export function foreignTableError(table: string): ConfigError {
  return new ConfigError(
    `${table} is in the sink already and belongs to somebody else: give the source another name or use another sink`,
  );
}

/** The error for a source that was here before with another organization. */
export function foreignOwnerError(source: string): ConfigError {
  return new ConfigError(
    `the tables of ${source} in this sink hold another organization: give the source another name or use another sink`,
  );
}
