import { hash } from "node:crypto";
import { PermanentError } from "@deskmirror/model";
import type { JsonObject, Page, RequestOptions } from "@deskmirror/model";
import { OFFSET_LIMIT } from "../http/answer.ts";
import type { Query } from "../streams/spec.ts";
import { toId, toTime } from "../values.ts";
import { emptyPage } from "./reader.ts";
import type { RowReader, Rows } from "./reader.ts";

/** A place in a list that is read by offset (design decision 9). */
export type ListCursor = {
  readonly kind: "list";
  readonly parentId: string | null;
  readonly from: number;
  /** The last row shown: the next page must begin with it. */
  readonly last: string | null;
  readonly distinct: number;
  /** From the newest on, after the offset wall was met from the oldest: until `meet` is shown. */
  readonly meet: string | null;
  /** Of a list without an order: which pass this is, and the digests of this and the last one. */
  readonly pass: number;
  readonly digest: string;
  readonly before: string | null;
};

/** A list that has not begun; `parentId`: the record it is read under. */
export function startList(parentId: string | null): ListCursor {
  return { kind: "list", parentId, from: 0, last: null, distinct: 0, meet: null, pass: 1, digest: "", before: null };
}

/** Of a list in descending order of modifiedTime: everything modified at or after a time (ms). */
export type SinceCursor = {
  readonly kind: "since";
  readonly from: number;
  readonly sinceMs: number;
  readonly distinct: number;
};

/** A list without an order that still changes after so many passes is not proven. */
const MOST_PASSES = 6;

/** Reads the next page of a list. */
export async function readListPage(reader: RowReader, cursor: ListCursor, request: RequestOptions): Promise<Page> {
  const { list } = reader.spec;
  let rows: Rows | null;
  try {
    rows = await readList(reader, cursor, request);
  } catch (error) {
    if (error instanceof PermanentError && error.code === OFFSET_LIMIT) return turnAround(reader, cursor);
    throw error;
  }
  // The parent is gone, and with it everything under it.
  if (rows === null) return emptyPage(cursor.distinct);
  const changes = reader.changes(rows, "list", cursor.parentId);
  const page: Page = {
    changes,
    rows: rows.rows.length,
    credits: rows.credits,
    next: null,
    split: [],
    shortfall: null,
    distinct: rows.rows.length,
  };
  if (list.limit === null) {
    const cut = list.cap !== undefined && rows.rows.length >= list.cap;
    return cut ? { ...page, shortfall: `The list ends at ${list.cap} rows; there may be more.` } : page;
  }
  const ids = rows.rows.map(toRowId);
  return list.order === undefined
    ? unordered(page, cursor, { ids, limit: list.limit })
    : ordered(page, cursor, { ids, limit: list.limit });
}

interface Ids {
  readonly ids: readonly string[];
  readonly limit: number;
}

/** Each page begins with the last row of the one before; when it does not, rows were taken out and the reading steps back. */
function ordered(page: Page, cursor: ListCursor, { ids, limit }: Ids): Page {
  const overlaps = cursor.last === null || ids[0] === cursor.last;
  if (!overlaps && cursor.from > 0) {
    const at = ids.indexOf(cursor.last);
    const from = at > 0 ? cursor.from + at : Math.max(0, cursor.from - Math.ceil(limit / 2));
    return { ...page, next: { ...cursor, from, last: from === 0 ? null : cursor.last }, distinct: cursor.distinct };
  }
  const distinct = cursor.distinct + ids.length - (cursor.last === null ? 0 : 1);
  const met = cursor.meet !== null && ids.includes(cursor.meet);
  if (ids.length < limit || met) return { ...page, distinct };
  return { ...page, distinct, next: { ...cursor, from: cursor.from + ids.length - 1, last: ids.at(-1)!, distinct } };
}

/** Without an order only a repetition proves that nothing moved while it was read; one page is its own proof. */
function unordered(page: Page, cursor: ListCursor, { ids, limit }: Ids): Page {
  const digest = hash("sha1", cursor.digest + ids.join(","), "hex");
  const distinct = cursor.distinct + ids.length;
  if (ids.length === limit)
    return { ...page, distinct, next: { ...cursor, from: cursor.from + ids.length, digest, distinct } };
  if (cursor.from === 0 || digest === cursor.before) return { ...page, distinct };
  if (cursor.pass === MOST_PASSES) {
    return {
      ...page,
      distinct,
      shortfall: `The list changed in each of ${MOST_PASSES} passes; it is read again at the next pull.`,
    };
  }
  return { ...page, distinct, next: { ...startList(cursor.parentId), pass: cursor.pass + 1, before: digest } };
}

/** Beyond the offset wall an ordered list is read from its other end until both meet. */
function turnAround({ spec }: RowReader, cursor: ListCursor): Page {
  if (spec.list.order !== undefined && cursor.meet === null) {
    return { ...emptyPage(cursor.distinct), next: { ...cursor, from: 0, last: null, meet: cursor.last } };
  }
  const under = cursor.parentId === null ? "" : ` under ${cursor.parentId}`;
  return emptyPage(
    cursor.distinct,
    `The list${under} has more rows than Zoho shows by offset; they cannot all be read.`,
  );
}

function toRowId(row: JsonObject): string {
  return toId(row["id"]) ?? JSON.stringify(row);
}

async function readList(reader: RowReader, cursor: ListCursor, request: RequestOptions): Promise<Rows | null> {
  const { list } = reader.spec;
  const { parentId, from, meet } = cursor;
  const query: Query = {
    ...list.query,
    ...(meet === null ? list.order?.ascending : list.order?.descending),
    ...(list.parentParam === undefined || parentId === null ? {} : { [list.parentParam]: parentId }),
    ...(list.limit === null ? {} : { from: String(from), limit: String(list.limit) }),
  };
  const fill = (path: string): string => path.replace(":parent", parentId ?? "");
  const rows = await reader.read(fill(list.path), query, request);
  return rows === null && list.fallbackPath !== undefined ? reader.read(fill(list.fallbackPath), query, request) : rows;
}

/** Reads the next page of what was modified since a time, newest first. */
export async function readSincePage(reader: RowReader, cursor: SinceCursor, request: RequestOptions): Promise<Page> {
  const { list } = reader.spec;
  const limit = list.limit!;
  const query = { ...list.query, sortBy: "-modifiedTime", from: String(cursor.from), limit: String(limit) };
  const rows = await reader.read(list.path, query, request);
  if (rows === null) return emptyPage(cursor.distinct);
  const young = rows.rows.filter((row) => (toTime(row["modifiedTime"]) ?? 0) >= cursor.sinceMs);
  const distinct = cursor.distinct + young.length;
  const isLast = rows.rows.length < limit || young.length < rows.rows.length;
  // Rows move to the front while we read, which shows some twice and skips none; a deletion could skip one, hence the overlap.
  const next = isLast ? null : { ...cursor, from: cursor.from + rows.rows.length - 1, distinct };
  const changes = reader.changes({ ...rows, rows: young }, "list", null);
  return { changes, rows: rows.rows.length, credits: rows.credits, next, split: [], shortfall: null, distinct };
}
