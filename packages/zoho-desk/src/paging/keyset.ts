import { PermanentError } from "@deskmirror/model";
import type { Change, JsonObject, Page, RequestOptions } from "@deskmirror/model";
import { OFFSET_LIMIT } from "../http/answer.ts";
import type { Query } from "../streams/spec.ts";
import { toTime } from "../values.ts";
import { emptyPage } from "./reader.ts";
import type { RowReader, Rows } from "./reader.ts";

/** A place in a range of a search, read in ascending order of one time (design decision 9). */
export type KeysetCursor = {
  readonly kind: "keyset";
  readonly by: "createdTime" | "modifiedTime";
  /** Bounds of the range in ms; `toMs` is not in it, null: no end. */
  readonly fromMs: number;
  readonly toMs: number | null;
  /** Everything before this time has been shown. */
  readonly atMs: number;
  /** Rows of `atMs` and the ms before it that were shown: only they can come again. */
  readonly edge: readonly string[];
  /** Offset inside an instant with more rows than a page. */
  readonly offset: number;
  readonly distinct: number;
  /** How many the search counted at the start; null before the first page. */
  readonly count: number | null;
  /** Only this department: part of an instant with more rows than search shows. */
  readonly departmentId: string | null;
  readonly shortfall: string | null;
};

/** A range that has not begun. */
export function startKeyset(by: KeysetCursor["by"], fromMs: number, toMs: number | null): KeysetCursor {
  const none = { edge: [], offset: 0, distinct: 0, count: null, departmentId: null, shortfall: null };
  return { kind: "keyset", by, fromMs, toMs, atMs: fromMs, ...none };
}

/** Zoho does not say whether ends of a range are in it: ask for a ms more on either side. */
const SLACK_MS = 1;

/** How ends are written where there is none: later than any record. */
const FAR_MS = Date.UTC(2100, 0, 1);

/** Where rows of a search come from. */
export interface KeysetOptions {
  readonly reader: RowReader;
  /** Departments by which an instant can be split. */
  readonly departments: () => Promise<readonly string[]>;
  readonly request: RequestOptions;
}

/** Reads the next page of a range: the last row's time is where the next page begins, so nothing shifts and no offset wall is met. */
export async function readKeysetPage(options: KeysetOptions, cursor: KeysetCursor): Promise<Page> {
  const { reader, request } = options;
  let rows: Rows | null;
  try {
    rows = await search(reader, toQuery(reader, cursor), request);
  } catch (error) {
    if (error instanceof PermanentError && error.code === OFFSET_LIMIT) return splitInstant(options, cursor);
    throw error;
  }
  if (rows === null) return emptyPage(cursor.distinct, "Zoho does not have this search; the table cannot be read");
  const mine = rows.rows.filter((row) => reader.spec.search?.accepts?.(row) ?? true);
  const changes = reader.changes({ ...rows, rows: mine }, "search", null);
  const advanced = advance(cursor, rows, toShown(changes, mine, cursor.by));
  const isLast = rows.rows.length < reader.spec.search!.limit;
  const base = { changes, rows: rows.rows.length, credits: rows.credits, split: [], distinct: advanced.distinct };
  return isLast
    ? { ...base, next: null, shortfall: advanced.shortfall ?? countShortfall(reader, advanced, rows) }
    : { ...base, next: advanced, shortfall: null };
}

/** A key that was shown, and its time. */
interface Shown {
  readonly key: string;
  readonly timeMs: number;
}

function toShown(changes: readonly Change[], rows: readonly JsonObject[], by: KeysetCursor["by"]): readonly Shown[] {
  const times = new Map(rows.map((row) => [row["id"] as string, toTime(row[by])]));
  return changes.flatMap(({ key }) => {
    const timeMs = times.get(key) ?? null;
    return timeMs === null ? [] : [{ key, timeMs }];
  });
}

function advance(cursor: KeysetCursor, rows: Rows, shown: readonly Shown[]): KeysetCursor {
  const known = new Set(cursor.edge);
  const isNew = ({ key, timeMs }: Shown): boolean =>
    !known.has(key) && timeMs >= cursor.fromMs && (cursor.toMs === null || timeMs < cursor.toMs);
  const distinct = cursor.distinct + shown.filter(isNew).length;
  const lastMs = Math.max(cursor.atMs, toTime(rows.rows.at(-1)?.[cursor.by]) ?? 0);
  const stays = lastMs <= cursor.atMs;
  const edgeOf = shown.filter(({ timeMs }) => timeMs >= lastMs - SLACK_MS).map(({ key }) => key);
  return {
    ...cursor,
    atMs: lastMs,
    offset: stays ? cursor.offset + rows.rows.length : 0,
    edge: [...new Set(stays ? [...cursor.edge, ...edgeOf] : edgeOf)],
    distinct,
    count: cursor.count ?? rows.count,
  };
}

function toQuery({ spec }: RowReader, cursor: KeysetCursor): Query {
  const { by, atMs, toMs, departmentId, offset } = cursor;
  return {
    sortBy: by,
    [`${by}Range`]: `${toIso(atMs - SLACK_MS)},${toIso(toMs ?? FAR_MS)}`,
    limit: String(spec.search!.limit),
    from: String(offset),
    ...(departmentId === null ? {} : { departmentId }),
  };
}

/** Asks the first of the stream's search paths that is there. */
export async function search(reader: RowReader, query: Query, request: RequestOptions): Promise<Rows | null> {
  for (const path of reader.spec.search!.paths) {
    const rows = await reader.read(path, query, request);
    if (rows !== null) return rows;
  }
  return null;
}

/** An instant with more rows than search shows is read by department, each a reading of its own; without departments it stays open. */
async function splitInstant({ reader, departments }: KeysetOptions, cursor: KeysetCursor): Promise<Page> {
  const instant = toIso(cursor.atMs);
  const after: KeysetCursor = { ...cursor, atMs: cursor.atMs + 1 + SLACK_MS, offset: 0, edge: [] };
  if (cursor.departmentId === null && reader.spec.search!.byDepartment) {
    const part = startKeyset(cursor.by, cursor.atMs, cursor.atMs + 1);
    const split = (await departments()).map((departmentId): KeysetCursor => ({ ...part, departmentId }));
    return { ...emptyPage(cursor.distinct), next: after, split };
  }
  const place = cursor.departmentId === null ? "" : ` in department ${cursor.departmentId}`;
  const shortfall = `More records have ${cursor.by} ${instant}${place} than Zoho's search shows; they cannot all be read.`;
  if (cursor.departmentId !== null) return emptyPage(cursor.distinct, shortfall);
  return { ...emptyPage(cursor.distinct), next: { ...after, shortfall } };
}

/** The last answer counts what it shows; a larger count means that search held rows back. */
function countShortfall({ spec }: RowReader, cursor: KeysetCursor, { rows, count }: Rows): string | null {
  if (count === null || spec.search!.accepts !== undefined || count <= cursor.offset + rows.length) return null;
  return `Search counted ${count} records after ${toIso(cursor.atMs)} and showed ${rows.length}; it is read again at the next pull.`;
}

/** A time as Zoho takes it in a query. */
export function toIso(ms: number): string {
  return new Date(Math.max(0, ms)).toISOString();
}
