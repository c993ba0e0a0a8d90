import { flatName, storedName } from "../places.ts";
import type { PlacedTable } from "../places.ts";

/** A table as SQL names it; `assertNames` has checked the parts. */
export function qualify(table: PlacedTable): string {
  return `"${table.source}"."${storedName(table)}"`;
}

/** Its flat view. */
export function qualifyFlat(table: PlacedTable): string {
  return `"${table.source}"."${flatName(table)}"`;
}
