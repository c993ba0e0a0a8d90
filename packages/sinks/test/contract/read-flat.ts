import { DatabaseSync } from "node:sqlite";
import pg from "pg";
import type { FlatRow, FlatValue } from "../../src/index.ts";

const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** Times become ms; what else is told as it is. */
function toFlatRow(row: object): FlatRow {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]: [string, FlatValue]) => [
      name,
      typeof value === "string" && ISO_TIME.test(value) ? Date.parse(value) : value,
    ]),
  );
}

/** Reads a flat view over a connection of its own. */
export async function readPostgresFlat(url: string, source: string, view: string): Promise<readonly FlatRow[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const { rows } = await client.query<{ row: object }>(
      `select to_jsonb(flat_row) as row from "${source}"."${view}" flat_row order by id`,
    );
    return rows.map(({ row }) => toFlatRow(row));
  } finally {
    await client.end();
  }
}

/** The same of a file. */
export function readSqliteFlat(file: string, source: string, view: string): readonly FlatRow[] {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    return db.prepare(`select * from "${source}_${view}" order by id`).all().map(toFlatRow);
  } finally {
    db.close();
  }
}
