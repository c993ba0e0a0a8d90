import type { Column, ColumnType } from "@deskmirror/model";
import type { NamedColumn } from "../flat/name-columns.ts";

/** What reads a value of each type (migration 0002). */
const readers: Readonly<Record<ColumnType, string>> = {
  text: "_deskmirror.to_text",
  integer: "_deskmirror.to_integer",
  number: "_deskmirror.to_number",
  boolean: "_deskmirror.to_boolean",
  date: "_deskmirror.to_date",
  time: "_deskmirror.to_time",
};

/** The select list of a flat view: the contract's own columns, then the fields. */
export function buildFlatColumns(columns: readonly NamedColumn[]): string {
  const fields = columns.map((column) => `${readers[column.type]}(${buildValue(column)}) as ${quoteName(column.name)}`);
  const own = ["id", "_parent_id", "_modified_at", "_deleted_at", "_synced_at", `${buildMisfits(columns)} as _misfits`];
  return [...own, ...fields].join(",\n  ");
}

/** How many values of a row do not fit the type of their column. */
function buildMisfits(columns: readonly Column[]): string {
  const typed = columns.filter(({ type }) => type !== "text");
  if (typed.length === 0) return "0";
  const terms = typed.map((column) => {
    const value = buildValue(column);
    return `(${readers[column.type]}(${value}) is null and _deskmirror.is_given(${value}))::integer`;
  });
  return terms.join("\n    + ");
}

function buildValue({ path }: Column): string {
  return ["data", ...path.map(quoteText)].join(" -> ");
}

function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Doubles quotes; E'' takes a backslash literally whatever `standard_conforming_strings` says. */
function quoteText(text: string): string {
  const doubled = text.replaceAll("'", "''");
  return text.includes("\\") ? `E'${doubled.replaceAll("\\", "\\\\")}'` : `'${doubled}'`;
}
