// `node scripts/query.ts <file> <select …>`: asks a SQLite sink and prints the rows, on a machine that has no sqlite3.
import { DatabaseSync } from "node:sqlite";
import type { SQLOutputValue } from "node:sqlite";
import { formatTable } from "@deskmirror/cli";
import type { Cell } from "@deskmirror/cli";

const [file, query] = process.argv.slice(2);
if (file === undefined || query === undefined) {
  console.error('usage: node_modules/.bin/node scripts/query.ts <file> "select …"');
  process.exit(2);
}

try {
  const database = new DatabaseSync(file, { readOnly: true });
  const rows = database.prepare(query).all();
  const headings = Object.keys(rows[0] ?? {});
  console.log(
    formatTable(
      headings,
      rows.map((row) => headings.map((heading) => toCell(row[heading]))),
    ),
  );
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}

function toCell(value: SQLOutputValue | undefined): Cell {
  if (value === null || value === undefined || typeof value === "number") return value ?? null;
  return value instanceof Uint8Array ? `${value.length} bytes` : String(value);
}
