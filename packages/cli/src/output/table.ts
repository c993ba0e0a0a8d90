/** A cell of a table; numbers stand right, with thousands apart. */
export type Cell = string | number | null;

/** Rows as aligned text, under their headings; null shows as a dash. */
export function formatTable(headings: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return align([headings, ...rows.map((row) => row.map(toText))], (column) =>
    rows.some((row) => typeof row[column] === "number"),
  );
}

/** Named facts, one a line, aligned. */
export function formatFacts(facts: Readonly<Record<string, Cell>>): string {
  return align(
    Object.entries(facts).map(([name, value]) => [name, toText(value)]),
    () => false,
  );
}

function align(texts: readonly (readonly string[])[], isNumber: (column: number) => boolean): string {
  const columns = [...(texts[0] ?? []).keys()];
  const widths = columns.map((column) => Math.max(...texts.map((row) => row[column]?.length ?? 0)));
  const lines = texts.map((row) =>
    row.map((text, column) => (isNumber(column) ? text.padStart(widths[column]!) : text.padEnd(widths[column]!))),
  );
  return lines.map((line) => line.join("  ").trimEnd()).join("\n");
}

function toText(cell: Cell): string {
  if (cell === null) return "–";
  return typeof cell === "number" ? cell.toLocaleString("en") : cell;
}
