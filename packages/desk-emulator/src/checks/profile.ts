import { DeskError } from "../errors.ts";
import { isRow, type Json, type Row } from "../json.ts";
import type { Settings } from "../settings.ts";

/** 403 for the path of a module that the edition does not have. */
export function refuseOutsideEdition(path: string, { pathsOutsideEdition }: Settings): void {
  if (!pathsOutsideEdition.some((outside) => path === outside || path.startsWith(`${outside}/`))) return;
  throw new DeskError(403, "LICENSE_ACCESS_LIMITED", "Your Zoho Desk Edition does not support this feature/operation.");
}

/** An answer's body without the keys that the agent's profile hides: of the one record, or of each row of a list. */
export function withoutHidden(body: Json, { hiddenKeys }: Settings): Json {
  if (hiddenKeys.length === 0 || !isRow(body)) return body;
  const entries = Object.entries(body).map(([key, value]) => [key, Array.isArray(value) ? value.map(hide) : value]);
  return hide(Object.fromEntries(entries) as Row);

  function hide(row: Json): Json {
    if (!isRow(row)) return row;
    return Object.fromEntries(Object.entries(row).filter(([key]) => !hiddenKeys.includes(key)));
  }
}
