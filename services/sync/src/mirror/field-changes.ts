import type { Column } from "@deskmirror/model";

/** What became of the fields of a table, each by its path; a renamed one is removed and added. */
export type FieldChanges = Readonly<Record<FieldChange, readonly string[]>>;

/** How a field may change. */
export type FieldChange = "added" | "removed" | "retyped";

/** Compares the columns of a flat view before and after it was shaped. */
export function toFieldChanges(before: readonly Column[], after: readonly Column[]): FieldChanges {
  const [old, now] = [byPath(before), byPath(after)];
  return {
    added: [...now.keys()].filter((path) => !old.has(path)),
    removed: [...old.keys()].filter((path) => !now.has(path)),
    retyped: [...now.keys()].filter((path) => old.has(path) && old.get(path) !== now.get(path)),
  };
}

function byPath(columns: readonly Column[]): ReadonlyMap<string, Column["type"]> {
  return new Map(columns.map(({ path, type }) => [path.join("."), type]));
}
