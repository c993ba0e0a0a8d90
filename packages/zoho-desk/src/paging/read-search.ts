import { PermanentError } from "@deskmirror/model";
import type { JsonObject, Page, RequestOptions } from "@deskmirror/model";
import { OFFSET_LIMIT } from "../http/answer.ts";
import { isOfTable } from "../streams/spec.ts";
import type { Query, StreamSpec } from "../streams/spec.ts";
import { toId, toTime } from "../values.ts";
import { startSearch } from "./cursor.ts";
import type { SearchCursor } from "./cursor.ts";
import type { RowReader, Rows } from "./rows.ts";
import { splitInstant, stepSearch } from "./search-step.ts";
import type { SearchStep } from "./search-step.ts";

/** One page of a reading, its rows as Zoho gave them. */
export interface RawPage<Cursor> {
  /** Rows that the reading has not shown before. */
  readonly rows: readonly JsonObject[];
  /** Rows in the answer, repeats included. */
  readonly answered: number;
  readonly boundMs: number;
  readonly credits: number;
  readonly next: Cursor | null;
  readonly split: readonly Cursor[];
  readonly shortfall: string | null;
  readonly distinct: number;
  /** See `Page.shown`; the keys are ids. */
  readonly shown: Page["shown"];
}

/** What a reading by search needs. */
export interface SearchReading {
  readonly spec: StreamSpec;
  readonly cursor: SearchCursor;
  readonly reader: RowReader;
  readonly options: RequestOptions;
  /** Asked for only when an instant has more rows than offsets reach. */
  readonly departmentIds: () => Promise<readonly string[]>;
}

/** Reads the next page of a reading by search, and at its end judges whether it was complete. */
export async function readSearch(reading: SearchReading): Promise<RawPage<SearchCursor>> {
  const { spec, cursor, reader, options } = reading;
  const search = spec.search!;
  let found: Rows;
  try {
    found = await reader.search(spec, toQuery(cursor, search.limit), options);
  } catch (error) {
    if (error instanceof PermanentError && error.code === OFFSET_LIMIT && cursor.offset > 0) return overflow(reading);
    throw error;
  }
  const step = stepSearch(cursor, {
    rows: found.rows.map((row) => ({
      id: toRowId(row, spec),
      atMs: toTime(row[cursor.by]),
      isWanted: isOfTable(spec, row),
    })),
    count: found.count,
    limit: search.limit,
  });
  const page = {
    rows: step.fresh.map((index) => found.rows[index]!).filter((row) => isOfTable(spec, row)),
    answered: found.rows.length,
    boundMs: found.boundMs,
    credits: found.credits,
    split: step.split,
    distinct: step.cursor.rows - step.cursor.foreign,
    shown: step.shown && {
      ...step.shown,
      keys: [...new Set([...cursor.seen, ...found.rows.map((row) => toRowId(row, spec))])],
    },
  };
  if (step.state === "more") return { ...page, next: step.cursor, shortfall: null };
  if (step.state === "end")
    return { ...page, ...(await judge(reading, step.cursor, { credits: found.credits, beyond: step.beyond })) };
  return { ...page, next: null, shortfall: `the search is not in the order of ${cursor.by} at ${iso(cursor.atMs)}` };
}

function toQuery(cursor: SearchCursor, limit: number): Query {
  return {
    sortBy: cursor.by,
    ...toRange(cursor, cursor.atMs, cursor.endMs),
    from: String(cursor.offset),
    limit: String(limit),
  };
}

function toRange({ by, departmentId }: SearchCursor, startMs: number, endMs: number): Query {
  return {
    [`${by}Range`]: `${iso(Math.max(0, startMs - 1))},${iso(Math.max(0, endMs))}`,
    ...(departmentId === null ? {} : { departmentId }),
  };
}

/**
 * A range is complete when it showed as many rows as the search said at its start; when it showed fewer, rows were deleted meanwhile or
 * missed, and the search is asked again how many there are. What was missed is read once more.
 */
async function judge(
  reading: SearchReading,
  cursor: SearchCursor,
  last: Pick<SearchStep, "beyond"> & Pick<Rows, "credits">,
): Promise<Pick<RawPage<SearchCursor>, "next" | "shortfall" | "credits">> {
  const complete = { next: null, shortfall: null };
  if (cursor.expected !== null && cursor.rows >= cursor.expected) return { ...complete, credits: last.credits };
  // Where ranges include their ends, the next range's first rows must not be counted as this one's.
  const withEnd = cursor.proofMs === cursor.endMs && last.beyond > 0;
  const untilMs = withEnd ? cursor.proofMs - 1 : cursor.proofMs;
  const again = await count(reading, cursor, untilMs);
  const credits = last.credits + again.credits;
  const shown = cursor.rows - cursor.late - (withEnd ? last.beyond : 0);
  if (again.count !== null && shown >= again.count) return { ...complete, credits };
  if (cursor.pass === 1) return { next: startSearch({ ...toOrigin(cursor), pass: 2 }), shortfall: null, credits };
  const range = `${cursor.by} ${iso(cursor.startMs)} to ${iso(cursor.endMs)}`;
  return { next: null, shortfall: `${shown} of ${again.count ?? "unknown"} rows shown for ${range}`, credits };
}

/** How many rows a range has from its start to a time. */
function count({ spec, reader, options }: SearchReading, cursor: SearchCursor, untilMs: number): Promise<Rows> {
  return reader.search(spec, { ...toRange(cursor, cursor.startMs, untilMs), from: "0", limit: "1" }, options);
}

function toOrigin({ by, startMs, endMs, proofMs, departmentId, partRows }: SearchCursor) {
  return { by, startMs, endMs, proofMs, departmentId, partRows };
}

async function overflow(reading: SearchReading): Promise<RawPage<SearchCursor>> {
  const { spec, cursor } = reading;
  const none = { rows: [], answered: 0, boundMs: 0, credits: 0, shown: null };
  const canSplit = spec.search!.byDepartment && cursor.departmentId === null;
  if (!canSplit) {
    const where = cursor.departmentId === null ? "" : ` in department ${cursor.departmentId}`;
    const shortfall = `more rows${where} than offsets reach have ${cursor.by} ${iso(cursor.atMs)}`;
    return { ...none, next: null, split: [], shortfall, distinct: cursor.rows - cursor.foreign };
  }
  const { ended, split } = splitInstant(cursor, await reading.departmentIds());
  // Whether the instant is counted as the end of what was before it decides where that must be counted to.
  const endIsIn = ((await count(reading, ended, cursor.atMs)).count ?? 0) >= ended.rows + cursor.ties;
  const verdict =
    ended.startMs < ended.endMs
      ? await judge(reading, endIsIn ? { ...ended, proofMs: cursor.atMs - 1 } : ended, { credits: 0, beyond: 0 })
      : { next: null, shortfall: null, credits: 0 };
  return { ...none, ...verdict, split, distinct: Math.max(0, ended.rows - ended.foreign) };
}

function toRowId(row: JsonObject, spec: StreamSpec): string {
  const id = toId(row["id"]);
  if (id === null)
    throw new PermanentError(`the search of ${spec.name} shows a record without an id`, { code: "SHAPE" });
  return id;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
