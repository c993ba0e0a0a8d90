import { PermanentError } from "@deskmirror/model";
import type { Column, Mode, Table } from "@deskmirror/model";
import { extendColumns } from "../flat/extend-columns.ts";
import { hashText } from "../flat/hash-text.ts";
import { nameColumns } from "../flat/name-columns.ts";
import type { NamedColumn } from "../flat/name-columns.ts";
import { foreignTableError } from "../names.ts";
import type { PlacedTable } from "../places.ts";
import type { Database } from "./database.ts";
import { buildFlatSelect } from "./flat-sql.ts";
import { qualify, qualifyFlat } from "./rows.ts";

/** Gives a table's flat view its columns. Views that others built on it name columns; nothing of them holds any. */
export async function shapeTable(db: Database, table: Table, columns: readonly Column[]): Promise<readonly string[]> {
  const wanted = nameColumns(columns);
  await db.transaction(() => {
    const text = `select o.mode, t.flat, t.flat_hash from _deskmirror_tables t join _deskmirror_owners o using (source)
      where source = ? and stream = ?`;
    const stored = db.statement(text).get(table.source, table.stream);
    if (stored === undefined) throw new PermanentError(`${table.source}.${table.stream} was never prepared`);
    const placed: PlacedTable = { ...table, mode: toMode(stored["mode"]) };
    const flat = toColumns(stored["flat"]);
    const isThere = assertOurs(db, placed, flat !== null);
    const next = order(flat ?? [], wanted);
    if (isThere && hashText(buildFlatSelect(next, "")) === stored["flat_hash"]) return;
    createView(db, placed, next);
  });
  return [];
}

/** Makes the view of a table, also in place of the one it has. */
export function createView(db: Database, table: PlacedTable, columns: readonly NamedColumn[]): void {
  dropView(db, table);
  db.exec(`create view ${qualifyFlat(table)} as ${buildFlatSelect(columns, qualify(table))}`);
  db.statement("update _deskmirror_tables set flat = ?, flat_hash = ? where source = ? and stream = ?").run(
    JSON.stringify(columns),
    hashText(buildFlatSelect(columns, "")),
    table.source,
    table.stream,
  );
}

/** Drops the view of a table where it has one. */
export function dropView(db: Database, table: PlacedTable): void {
  db.exec(`drop view if exists ${qualifyFlat(table)}`);
}

/** Reads the columns as they are stored. */
export function toColumns(stored: unknown): readonly NamedColumn[] | null {
  return typeof stored === "string" ? (JSON.parse(stored) as readonly NamedColumn[]) : null;
}

/** Reads a mode as it is stored. */
export function toMode(stored: unknown): Mode {
  return stored === "csv" ? "csv" : "document";
}

/** Whether our view is there. ConfigError when something else has its name. */
function assertOurs(db: Database, table: PlacedTable, hasView: boolean): boolean {
  const name = qualifyFlat(table).replaceAll('"', "");
  const there = db.statement("select type from sqlite_schema where name = ?").get(name);
  if (there !== undefined && (there["type"] !== "view" || !hasView)) throw foreignTableError(name);
  return there !== undefined;
}

/** What is new stands last, as in the other sinks, unless something goes. */
function order(shown: readonly NamedColumn[], wanted: readonly NamedColumn[]): readonly NamedColumn[] {
  const { columns, held } = extendColumns(shown, wanted);
  return held.length === 0 ? columns : wanted;
}
