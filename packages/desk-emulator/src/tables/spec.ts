import type { Settings } from "../settings.ts";
import { shown, type Json, type MutableRow, type Row } from "../json.ts";
import type { State } from "../store/state.ts";
import type { Store } from "../store/store.ts";
import type { StoredTable } from "./names.ts";

/** What a derived key may look at. */
export interface RenderContext {
  readonly store: Store;
  readonly settings: Settings;
  readonly orgId: string;
  /** Time on the emulator's clock. */
  now(): number;
  /** Where the web interface of this Desk would be. */
  webUrl(kind: string, id: string): string;
  /** Where the API of this Desk is. */
  apiUrl(path: string): string;
  /** Labels of a module's custom fields by API name. */
  labels(module: string): ReadonlyMap<string, string>;
}

/** Computes a key that is not stored. */
export type Derived = (state: State, context: RenderContext) => Json;

/** Whether a record passes a filter parameter with the given value. */
export type Filter = (state: State, value: string, context: RenderContext) => boolean;

/** The paging of a list: bounds and default of `limit`. */
export interface Page {
  readonly min: number;
  readonly max: number;
  readonly default: number;
  /** accounts and articles number their rows from 1 (setting `oneBasedLists`). */
  readonly oneBased?: boolean;
  /** `limit=0`, or none, gives all rows (teams). */
  readonly zeroIsAll?: boolean;
}

/** The search of a module. */
export interface SearchSpec {
  /** Keys of a row (Zoho Desk OpenAPI, Search). */
  readonly keys: readonly string[];
  /** Attributes that may be searched by name. */
  readonly attributes: readonly string[];
}

/** The recycle bin's words for a table. */
export interface BinSpec {
  /** `type` of a bin row. */
  readonly type: string;
  /** `module` of the filter. */
  readonly module: string;
  /** Key of the ids in moveToTrash; null where there is no such call. */
  readonly idsKey: string | null;
}

/** Everything the emulator's one code path needs to know about a table. */
export interface TableSpec {
  readonly table: StoredTable;
  /** Path of the list, `:id` standing for a parent; null where a module parameter chooses (fields, layouts). */
  readonly path: string;
  readonly listKey: string;
  /** Null: the list is not paged. */
  readonly page: Page | null;
  readonly sorts: readonly string[];
  readonly defaultSort: string;
  readonly filters: Readonly<Record<string, Filter>>;
  /** Filters that must be given. */
  readonly requires: readonly string[];
  /** Further parameters that are accepted and change nothing here. */
  readonly ignored: readonly string[];
  /** Values of `include` and the derived key each one adds, for the list and for the detail. */
  readonly includes: {
    readonly list: Readonly<Record<string, string>>;
    readonly detail: Readonly<Record<string, string>>;
  };
  /** Names that `fields` may ask for: `all` = every key; a list; null = no such parameter. */
  readonly fields: "all" | readonly string[] | null;
  /** Keys of a list row. */
  readonly list: readonly string[];
  /** Keys the detail has beyond the list row. */
  readonly detail: readonly string[];
  readonly search: SearchSpec | null;
  readonly derived: Readonly<Record<string, Derived>>;
  readonly scopes: ScopeSpec;
  /** Path of the count; null where there is none. */
  readonly count: string | null;
  /** First word of its events; null where the table has none. */
  readonly eventPrefix: string | null;
  readonly bin: BinSpec | null;
  readonly write: WriteSpec | null;
  /** Whether its records carry modifiedTime. */
  readonly modified: boolean;
}

/** Scope groups of a table: one of them is enough. */
export interface ScopeSpec {
  /** Groups such as `Desk.tickets`; the verb is added. */
  readonly groups: readonly string[];
}

/** What is known when a record is made. */
export interface Birth {
  readonly store: Store;
  readonly fields: Row;
  readonly parentId: string | null;
  /** The agent on whose behalf the call runs. */
  readonly actorId: string;
  readonly nowMs: number;
}

/** How records are made and changed over HTTP and directly. */
export interface WriteSpec {
  /** Values of the keys that a create does not name. */
  readonly blank: Row;
  readonly required: readonly string[];
  /** Keys a caller may not set. */
  readonly readOnly: readonly string[];
  /** What a delete does: recycle bin, gone at once, or status DELETED. */
  readonly remove: "bin" | "erase" | "status" | "never";
  /** The ticket's key that counts these records, and the key that names the ticket (null: the parent). */
  readonly counted: { readonly key: string; readonly ticketKey: string | null } | null;
  /** What the server fills in on a create, before the caller's fields. */
  readonly birth?: (birth: Birth) => Row;
  /** Keeps dependent keys right after a write. */
  readonly settle?: (data: MutableRow, before: Row | null, atMs: number) => void;
}

const noWrites = {
  includes: { list: {}, detail: {} },
  fields: null,
  search: null,
  derived: {},
  bin: null,
  write: null,
};

/** A table's specification with the defaults of a small configuration table. */
export function table(spec: Pick<TableSpec, "table" | "path" | "list" | "scopes"> & Partial<TableSpec>): TableSpec {
  return {
    ...noWrites,
    listKey: "data",
    page: { min: 1, max: 100, default: 10 },
    sorts: [],
    defaultSort: "id",
    filters: {},
    requires: [],
    ignored: [],
    detail: [],
    count: null,
    eventPrefix: null,
    modified: false,
    ...spec,
  };
}

/** A filter on one attribute: the value, or one of several separated by commas. */
export function oneOf(attribute: string): Filter {
  return (state, value) => value.split(",").includes(shown(state.data[attribute]));
}

/** A list of keys, written as words. */
export function keys(words: string): readonly string[] {
  return words.trim().split(/\s+/);
}

/** The keys of a detail. */
export function detailKeys(spec: TableSpec): readonly string[] {
  return [...spec.list, ...spec.detail];
}
