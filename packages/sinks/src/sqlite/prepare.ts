import type { Table, TableOwner } from "@deskmirror/model";
import { assertNames, foreignOwnerError, foreignTableError } from "../names.ts";
import { flatName, storedName } from "../places.ts";
import type { PlacedTable } from "../places.ts";
import type { Database } from "./database.ts";
import { dueCondition } from "./read-sql.ts";
import { qualify, qualifyFlat } from "./rows.ts";
import { createView, toColumns, toMode } from "./shape.ts";
import { CREATED_TIME } from "./suspects.ts";
import { switchMode } from "./switch-mode.ts";

/** A table of contract section 6 with its indexes: what is due, children by parent, tombstones, spans of time. */
export function buildTable(table: PlacedTable): string {
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
${table.isByCreatedTime ? `create index ${index("created")} on ${name} (${CREATED_TIME}) where _deleted_at is null;` : ""}
${table.core === null ? "" : `create index ${index("due")} on ${name} (_version) where _deleted_at is null and ${dueCondition(table)};`}`;
}

/** Until a source has tables, its name may go to another organization. */
const CLAIM = `
insert into _deskmirror_owners (source, org_id) values (?, ?) on conflict (source) do update set org_id = excluded.org_id
where not exists (select 1 from _deskmirror_tables t where t.source = excluded.source)`;

/** Brings what the source has into its mode, and creates the tables that are not there. */
export async function prepareTables(db: Database, tables: readonly Table[], owner: TableOwner): Promise<void> {
  assertNames(tables, owner);
  const { source, orgId } = owner;
  await db.transaction(() => {
    db.statement(CLAIM).run(source, orgId);
    const stored = db.statement("select org_id, mode from _deskmirror_owners where source = ?").get(source);
    if (stored?.["org_id"] !== orgId) throw foreignOwnerError(source);
    const from = toMode(stored["mode"]);
    const to = owner.mode ?? from;
    const text = "select stream, flat from _deskmirror_tables where source = ? order by stream";
    const rows = db.statement(text).all(source);
    const streams = new Map(rows.map(({ stream, flat }) => [String(stream), toColumns(flat)]));
    if (from !== to) switchMode(db, { source, from, to, streams });
    const created = tables.filter(({ stream }) => !streams.has(stream));
    assertFree(db, source, created);
    for (const table of tables) prepareTable(db, { ...table, mode: to }, streams.get(table.stream));
  });
}

/** No two sources may want one name, whichever mode they come to be in: prefixes are not told from what follows them. */
function assertFree(db: Database, source: string, tables: readonly Table[]): void {
  if (tables.length === 0) return;
  const others = db.statement("select source, stream from _deskmirror_tables where source <> ?").all(source);
  const taken = new Set(others.flatMap((other) => namesOf(String(other["source"]), String(other["stream"]))));
  const clash = tables.flatMap(({ stream }) => namesOf(source, stream)).find((name) => taken.has(name));
  if (clash !== undefined) throw foreignTableError(clash);
}

/** The names of a table and its flat view in both modes. */
function namesOf(source: string, stream: string): readonly string[] {
  const placed = (["document", "csv"] as const).map((mode) => ({ source, stream, mode }));
  return placed.flatMap((table) => [storedName(table), flatName(table)]).map((name) => `${source}_${name}`);
}

/** `flat`: undefined when the table is not ours yet, null when it has no view. */
function prepareTable(db: Database, table: PlacedTable, flat: ReturnType<typeof toColumns> | undefined): void {
  const isThere = (quoted: string): boolean =>
    db.statement("select 1 from sqlite_schema where name = ?").get(quoted.replaceAll('"', "")) !== undefined;
  const stored = qualify(table);
  // In document mode the view may stay away: the table is what was asked for.
  const mine = table.mode === "csv" ? [stored, qualifyFlat(table)] : [stored];
  const taken = mine.find(isThere);
  if (flat === undefined && taken !== undefined) throw foreignTableError(taken.replaceAll('"', ""));
  if (isThere(stored)) return;
  create(db, table);
  if (flat !== undefined && flat !== null) createView(db, table, flat);
}

/** A table that somebody dropped starts again from nothing; with the next epoch, so that whoever still works on the old one is fenced. */
function create(db: Database, table: PlacedTable): void {
  db.exec(buildTable(table));
  const { source, stream } = table;
  db.statement("delete from _deskmirror_doubts where source = ? and stream = ?").run(source, stream);
  db.statement("delete from _deskmirror_suspects where source = ? and stream = ?").run(source, stream);
  db.statement("delete from _deskmirror_contradictions where source = ? and stream = ?").run(source, stream);
  db.statement(
    `insert into _deskmirror_tables as t (source, stream) values (?, ?)
     on conflict (source, stream) do update set watermark_ms = null, progress = '{}', epoch = t.epoch + 1`,
  ).run(source, stream);
}
