import type { Mode } from "@deskmirror/model";
import { foreignTableError } from "../names.ts";
import type { NamedColumn } from "../flat/name-columns.ts";
import type { Database } from "./database.ts";
import { qualify, qualifyFlat } from "./rows.ts";
import { createView, dropView } from "./shape.ts";

/** What is to be renamed in a file. */
export interface Rename {
  readonly source: string;
  readonly from: Mode;
  readonly to: Mode;
  /** Its streams with the columns of their flat views; null where there is none. */
  readonly streams: ReadonlyMap<string, readonly NamedColumn[] | null>;
}

/** Renames the tables of a source into the other mode and makes their flat views anew. ConfigError when a name is taken. */
export function switchMode(db: Database, { source, from, to, streams }: Rename): void {
  const isThere = (quoted: string): boolean =>
    db.statement("select 1 from sqlite_schema where name = ?").get(quoted.replaceAll('"', "")) !== undefined;
  const places = [...streams].map(([stream, columns]) => {
    const table = { source, stream, core: null, hasModifiedTime: false, isByCreatedTime: false };
    return { old: { ...table, mode: from }, now: { ...table, mode: to }, columns };
  });
  // A rename parses every view of the file: without them it takes a tenth of the time, during which nothing else of this process goes on.
  for (const { old, columns } of places) if (columns !== null) dropView(db, old);
  for (const { old, now, columns } of places) {
    const taken = [qualify(now), ...(columns === null ? [] : [qualifyFlat(now)])];
    const mine = qualify(old);
    const foreign = taken.find((name) => name !== mine && isThere(name));
    if (foreign !== undefined) throw foreignTableError(foreign.replaceAll('"', ""));
    if (isThere(mine)) db.exec(`alter table ${mine} rename to ${qualify(now)}`);
  }
  for (const { now, columns } of places) if (columns !== null) createView(db, now, columns);
  db.statement("update _deskmirror_owners set mode = ? where source = ?").run(to, source);
}
