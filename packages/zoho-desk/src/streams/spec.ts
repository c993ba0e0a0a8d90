import type { JsonObject } from "@deskmirror/model";
import { isTrue, toId } from "../values.ts";

/** Parameters of a query. */
export type Query = Readonly<Record<string, string>>;

/** How a stream is listed. */
export interface ListSpec {
  /** Path under `/api/v1`; `:parent` stands for the parent's id. */
  readonly path: string;
  /** Asked instead when Zoho answers 404. */
  readonly fallbackPath?: string;
  /** Key of the array in the answer. */
  readonly key: string;
  /** Most rows a page may have; null: one answer has all. */
  readonly limit: number | null;
  /** An answer that is not paged is cut at this many rows. */
  readonly cap?: number;
  /** The parameter that names the parent, where the path does not. */
  readonly parentParam?: string;
  readonly query?: Query;
  /** A stable order, oldest first, and the same backwards; without one the list is read until two passes agree. */
  readonly order?: { readonly ascending: Query; readonly descending: Query };
}

/** How a stream is searched: rows carry modifiedTime, ranges and order by createdTime and modifiedTime (Zoho Desk OAS, Search.json). */
export interface SearchSpec {
  /** Tried in this order; a later one when Zoho answers 404. */
  readonly paths: readonly [string, ...string[]];
  readonly limit: number;
  /** Whether `departmentId` narrows it. */
  readonly byDepartment: boolean;
  /** Whether a row of a search that mixes kinds is of this stream. */
  readonly accepts?: (row: JsonObject) => boolean;
}

/** How one record is asked for; without it the record is looked for in its list. */
export interface GetSpec {
  /** `:parent` and `:key` stand for the ids. */
  readonly path: string;
  readonly query?: Query;
}

/** Scopes that a stream needs: one of `read`, and all of `also`. */
export interface ScopeSpec {
  readonly read: readonly [string, ...string[]];
  readonly also?: readonly string[];
}

/** One row of the streams table: everything about a stream that is Zoho's. */
export interface StreamSpec {
  readonly name: string;
  readonly parent: string | null;
  /** The fixed parents of streams under `module`. */
  readonly modules: readonly string[];
  readonly list: ListSpec;
  /** Read by search instead of the list where it exists. */
  readonly search: SearchSpec | null;
  readonly get: GetSpec | null;
  /** `GET` gives `{"count":"N"}`. */
  readonly countPath: string | null;
  /** The stream whose records that count may have too, since Zoho does not say whether it does; null: there is none. */
  readonly countsAlso: string | null;
  /** Key of the parent's rows that counts its records of this stream; null where none does. */
  readonly countedBy: string | null;
  /** Whether every parent that lives has at least one. */
  readonly isNeverEmpty: boolean;
  /** Key of a record; null when the row has none. */
  readonly toKey: (row: JsonObject, parentId: string | null) => string | null;
  /** Keys of a row that name its parent, where the reading does not. */
  readonly parentKeys: readonly string[];
  /** modifiedTime: on every row, on some rows (null until edited), or nowhere. */
  readonly modified: "always" | "sometimes" | "never";
  /** Keys that search row, event payload and GET all have; null: a list row is the whole record. */
  readonly core: readonly string[] | null;
  /** Where `core` is null: keys without which an event is not the whole record. */
  readonly whole: readonly string[];
  /** Keys an event must have for its detail to count as the record's. */
  readonly detail: readonly string[];
  /** Keys derived from the clock, from reads or from other records. */
  readonly volatile: readonly string[];
  /** Keys only events have, left out. */
  readonly eventOnly: readonly string[];
  /** Key that is true in records which do not belong to the table any more although they exist; null: there are none. */
  readonly asideKey: string | null;
  /** A state that means deleted, beside the flags every stream knows. */
  readonly isGone: (row: JsonObject) => boolean;
  readonly scopes: ScopeSpec;
  /** First word of its events (Zoho Desk OAS, Webhook.json); null where there are none. */
  readonly events: string | null;
  /** How all modified since a time is read. */
  readonly changedSince: "search" | "list" | null;
  /** `type` of its rows in the recycle bin. */
  readonly bin: readonly string[];
}

type Given = Pick<StreamSpec, "name" | "scopes"> & { readonly list: Pick<ListSpec, "path"> & Partial<ListSpec> };

/** A row of the streams table, the usual for what is not said. */
export function stream(given: Given & Partial<Omit<StreamSpec, "list">>): StreamSpec {
  return {
    parent: null,
    modules: [],
    search: null,
    get: null,
    countPath: null,
    countsAlso: null,
    countedBy: null,
    isNeverEmpty: false,
    toKey: (row) => toId(row["id"]),
    parentKeys: [],
    modified: "never",
    core: null,
    whole: [],
    detail: [],
    volatile: [],
    eventOnly: [],
    asideKey: null,
    isGone: () => false,
    events: null,
    changedSince: null,
    bin: [],
    ...given,
    list: { key: "data", limit: 100, ...given.list },
  };
}

/** Whether a row that a search shows is a record of the table. */
export function isOfTable({ asideKey, search }: StreamSpec, row: JsonObject): boolean {
  return !(asideKey !== null && isTrue(row[asideKey])) && (search?.accepts?.(row) ?? true);
}

/** A stable order by one attribute. */
export function orderBy(attribute: string): { readonly ascending: Query; readonly descending: Query } {
  return { ascending: { sortBy: attribute }, descending: { sortBy: `-${attribute}` } };
}
