import type { NamedColumn } from "./name-columns.ts";

/** What a view can be made to show without being dropped: what it shows, and what is new behind it. */
export interface Extension {
  readonly columns: readonly NamedColumn[];
  /** Columns that are not wanted any more, or as another type. */
  readonly held: readonly string[];
}

/** Extends what a view shows by what is wanted of it. */
export function extendColumns(shown: readonly NamedColumn[], wanted: readonly NamedColumn[]): Extension {
  const byName = new Map(wanted.map((column) => [column.name, column]));
  const kept = shown.map((column) => {
    const now = byName.get(column.name);
    return now?.type === column.type ? now : column;
  });
  const names = new Set(shown.map(({ name }) => name));
  return {
    columns: [...kept, ...wanted.filter(({ name }) => !names.has(name))],
    held: kept.filter((column) => byName.get(column.name) !== column).map(({ name }) => name),
  };
}
