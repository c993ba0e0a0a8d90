import { PermanentError } from "@deskmirror/model";
import type { JsonObject, RequestOptions } from "@deskmirror/model";
import { OFFSET_LIMIT } from "../http/answer.ts";
import type { Query, StreamSpec } from "../streams/spec.ts";
import { toTime } from "../values.ts";
import type { ListCursor } from "./cursor.ts";
import { stepList, turnOrEnd } from "./list-step.ts";
import type { ListStep } from "./list-step.ts";
import type { RawPage } from "./read-search.ts";
import { isNotFound } from "./rows.ts";
import type { RowReader, Rows } from "./rows.ts";

/** What a reading by list needs. */
export interface ListReading {
  readonly spec: StreamSpec;
  readonly cursor: ListCursor;
  readonly reader: RowReader;
  readonly options: RequestOptions;
}

/** Codes that mean: this module, or this ticket, has no such records. */
const emptyModule = "LICENSE_ACCESS_LIMITED";

/** Reads the next page of a reading by list. A parent that is gone has no children. */
export async function readList({ spec, cursor, reader, options }: ListReading): Promise<RawPage<ListCursor>> {
  const isOrdered = spec.list.order !== undefined || cursor.untilMs !== null;
  let found: Rows;
  try {
    found = await reader.list(spec, { parentId: cursor.parentId, query: toQuery(spec, cursor) }, options);
  } catch (error) {
    if (isOffsetLimit(error) && cursor.from > 0) return toPage(turnOrEnd(cursor, { isOrdered }), []);
    if (cursor.parentId === null || !isEmptyParent(error, spec)) throw error;
    found = { rows: [], count: null, boundMs: 0, credits: 0 };
  }
  const { rows } = found;
  const step = stepList(cursor, {
    ids: rows.map((row) => toRowKey(row, spec, cursor.parentId)),
    limit: spec.list.limit,
    cap: spec.list.cap ?? null,
    isOrdered,
    isPastUntil: cursor.untilMs !== null && rows.some((row) => (toTime(row["modifiedTime"]) ?? 0) < cursor.untilMs!),
  });
  return {
    ...toPage(step, rows),
    answered: rows.length,
    boundMs: found.boundMs,
    credits: found.credits,
  };
}

function toPage(step: ListStep, rows: readonly JsonObject[]): RawPage<ListCursor> {
  return {
    rows: step.fresh.map((index) => rows[index]!),
    answered: 0,
    boundMs: 0,
    credits: 0,
    next: step.next,
    split: [],
    shortfall: step.shortfall,
    distinct: step.rows,
    shown: null,
  };
}

function toQuery(spec: StreamSpec, cursor: ListCursor): Query {
  const { limit, order } = spec.list;
  if (limit === null) return {};
  const way = cursor.untilMs === null ? (cursor.descending ? order?.descending : order?.ascending) : newestFirst;
  return { ...way, from: String(cursor.from), limit: String(limit) };
}

const newestFirst: Query = { sortBy: "-modifiedTime" };

function toRowKey(row: JsonObject, spec: StreamSpec, parentId: string | null): string {
  const key = spec.toKey(row, parentId);
  if (key === null)
    throw new PermanentError(`the list of ${spec.name} shows a record without a key`, { code: "SHAPE" });
  return key;
}

function isOffsetLimit(error: unknown): boolean {
  return error instanceof PermanentError && error.code === OFFSET_LIMIT;
}

function isEmptyParent(error: unknown, spec: StreamSpec): boolean {
  if (spec.parent === "module") return error instanceof PermanentError && error.code === emptyModule;
  return isNotFound(error);
}
