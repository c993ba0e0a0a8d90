import type { Column } from "@deskmirror/model";
import { hashText } from "./hash-text.ts";

/** A column with the name it has in the flat view. */
export interface NamedColumn extends Column {
  readonly name: string;
}

/** The contract's own columns, which every flat view begins with; `_misfits` counts the values of a row that do not fit their type. */
export const OWN_COLUMNS = ["id", "_parent_id", "_modified_at", "_deleted_at", "_synced_at", "_misfits"] as const;

/** By these a stored table is told from a flat view of the same name. */
const STORED_COLUMNS = ["_version", "_detail_version", "_life_version"] as const;

/** PostgreSQL cuts longer names (NAMEDATALEN − 1); SQLite gets the same ones. */
const MAX_NAME_BYTES = 63;

/**
 * Names columns as contract section 6 says, in the order given: snake_case of the keys, joined; names that collide, also with the contract's own, get `_2`,
 * `_3` in order of API name. A name that is too long keeps its beginning and ends in a hash of the API name.
 */
export function nameColumns(columns: readonly Column[]): readonly NamedColumn[] {
  const unique = new Map(columns.map((column) => [toApiName(column), column]));
  const taken = new Set<string>([...OWN_COLUMNS, ...STORED_COLUMNS]);
  const names = new Map<string, string>();
  for (const apiName of [...unique.keys()].toSorted(compareText)) {
    const wanted = toName(unique.get(apiName)!);
    let name = fit(wanted, "", apiName);
    for (let count = 2; taken.has(name); count++) name = fit(wanted, `_${count}`, apiName);
    taken.add(name);
    names.set(apiName, name);
  }
  return [...unique].map(([apiName, { path, type }]) => ({ name: names.get(apiName)!, path, type }));
}

/** `photoURL` → `photo_url`, `zohoCRMContact` → `zoho_crm_contact`, `i18NLabel` → `i18n_label`. */
export function toSnakeCase(key: string): string {
  return key
    .replace(/(\p{Lu}+)(\p{Lu}\p{Ll})/gu, "$1_$2")
    .replace(/([\p{Ll}\d])(\p{Lu}\p{Ll})/gu, "$1_$2")
    .replace(/(\p{Ll})(\p{Lu})/gu, "$1_$2")
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, "_");
}

/** The API name of a column, which is what tells it from others. */
export function toApiName({ path }: Column): string {
  return path.join(".");
}

function toName({ path }: Column): string {
  const [first, ...rest] = path;
  if (first !== "cf" || rest.length === 0) return path.map(toSnakeCase).join("_");
  const name = rest.map(toSnakeCase).join("_");
  return name.startsWith("cf_") ? name : `cf_${name}`;
}

function fit(name: string, suffix: string, apiName: string): string {
  if (Buffer.byteLength(name + suffix) <= MAX_NAME_BYTES) return name + suffix;
  const end = `_${hashText(apiName).slice(0, 8)}${suffix}`;
  let start = "";
  for (const character of name) {
    if (Buffer.byteLength(start + character + end) > MAX_NAME_BYTES) break;
    start += character;
  }
  return start + end;
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
