import { startSearch } from "./cursor.ts";
import type { SearchCursor } from "./cursor.ts";

/** A row as paging sees it. */
export interface SearchRow {
  readonly id: string;
  /** Its createdTime or modifiedTime in ms; null when it has none. */
  readonly atMs: number | null;
  /** Whether the table wants it. */
  readonly isWanted: boolean;
}

/** One answer of a search. */
export interface SearchAnswer {
  readonly rows: readonly SearchRow[];
  /** Rows of the whole query; null when it was not said. */
  readonly count: number | null;
  readonly limit: number;
}

/** What an answer means for its reading. */
export interface SearchStep {
  /** Rows not shown before, by index. */
  readonly fresh: readonly number[];
  readonly cursor: SearchCursor;
  readonly split: readonly SearchCursor[];
  /** `more`: go on from `cursor`; `end`: nothing is left; `stuck`: the order or the offsets make no sense. */
  readonly state: "more" | "end" | "stuck";
  /** Rows at the end of the range, which is not its own: shown only where ranges include their ends. */
  readonly beyond: number;
  /** Every row with a createdTime in [fromMs, toMs) was shown, now or before; null when no span was ended. */
  readonly shown: { readonly fromMs: number; readonly toMs: number } | null;
}

const mostSteps = 20;
const nothing = { fresh: [], split: [], beyond: 0, shown: null };

/**
 * Keyset paging (design decision 9): the last row's time is the next start. Times do not change, so nothing shifts; the query begins
 * 1 ms earlier, since whether ranges include their ends is not known. Pure.
 */
export function stepSearch(cursor: SearchCursor, answer: SearchAnswer): SearchStep {
  const { rows, limit } = answer;
  const seen = new Set(cursor.seen);
  if (cursor.offset > 0 && !(rows.length > 0 && seen.has(rows[0]!.id))) return stepBack(cursor, limit);
  if (!isAscending(cursor, rows)) return { ...nothing, cursor, state: "stuck" };
  const fresh = rows.flatMap((row, index) => (seen.has(row.id) ? [] : [index]));
  const counted = countRows(cursor, answer, fresh);
  const lastMs = rows.at(-1)?.atMs ?? cursor.atMs;
  const hasMore = answer.count === null ? rows.length === limit : answer.count > cursor.offset + rows.length;
  const isStanding = lastMs <= cursor.atMs && rows.length < limit;
  // Rows stand in order: one at the end or beyond it means that all before it were shown.
  const beyond = rows.filter(({ atMs }) => atMs! >= cursor.endMs).length;
  if (rows.length === 0 || !hasMore || isStanding || beyond > 0)
    return { fresh, cursor: counted, split: [], state: "end", beyond, shown: toShown(cursor, cursor.endMs) };
  const next = lastMs > cursor.atMs ? nextInstant(counted, rows, lastMs) : nextOffset(counted, rows, fresh);
  const [left, right] = cursor.expected === null ? splitRange(next) : [next, null];
  const shown = toShown(cursor, lastMs);
  return { fresh, cursor: left, split: right === null ? [] : [right], state: "more", beyond, shown };
}

/** The span between the instant at which a page begins and a later one, as far as the index is to be trusted. */
function toShown({ by, departmentId, atMs, endMs, proofMs }: SearchCursor, untilMs: number): SearchStep["shown"] {
  const toMs = Math.min(untilMs, endMs, proofMs);
  return by === "createdTime" && departmentId === null && toMs > atMs ? { fromMs: atMs, toMs } : null;
}

/** A row was deleted behind us and the rest moved up: read again from earlier on. */
function stepBack(cursor: SearchCursor, limit: number): SearchStep {
  const offset = Math.max(0, cursor.offset - limit + 1);
  const next = { ...cursor, offset, steps: cursor.steps + 1 };
  return { ...nothing, cursor: next, state: next.steps > mostSteps ? "stuck" : "more" };
}

function isAscending(cursor: SearchCursor, rows: readonly SearchRow[]): boolean {
  let before = cursor.atMs - 1;
  for (const { atMs } of rows) {
    if (atMs === null || atMs < before) return false;
    before = atMs;
  }
  return true;
}

function countRows(cursor: SearchCursor, { rows, count }: SearchAnswer, fresh: readonly number[]): SearchCursor {
  const own = (row: SearchRow): boolean => row.isWanted && row.atMs! >= cursor.startMs && row.atMs! < cursor.endMs;
  const shown = fresh.map((index) => rows[index]!);
  const repeated = rows.length - fresh.length;
  return {
    ...cursor,
    rows: cursor.rows + shown.length,
    foreign: cursor.foreign + shown.filter((row) => !own(row)).length,
    late: cursor.late + shown.filter((row) => row.atMs! > cursor.proofMs).length,
    expected: cursor.expected ?? (count === null ? null : cursor.rows - repeated + count),
  };
}

function nextInstant(cursor: SearchCursor, rows: readonly SearchRow[], lastMs: number): SearchCursor {
  const ids = rows.filter(({ atMs }) => atMs! >= lastMs - 1).map(({ id }) => id);
  return {
    ...cursor,
    atMs: lastMs,
    offset: 0,
    steps: 0,
    // Rows of the instant just before may come again, and only the cursor still knows those of earlier pages.
    seen: lastMs - 1 <= cursor.atMs ? [...new Set([...cursor.seen, ...ids])] : ids,
    ties: rows.filter(({ atMs }) => atMs === lastMs).length,
  };
}

function nextOffset(cursor: SearchCursor, rows: readonly SearchRow[], fresh: readonly number[]): SearchCursor {
  return {
    ...cursor,
    offset: cursor.offset + rows.length - 1,
    steps: 0,
    seen: [...cursor.seen, ...fresh.map((index) => rows[index]!.id)],
    ties: cursor.ties + fresh.filter((index) => rows[index]!.atMs === cursor.atMs).length,
  };
}

/** Halves what is left of a large range by time; each half sees its own count with its first page, and splits on. */
function splitRange(cursor: SearchCursor): readonly [SearchCursor, SearchCursor | null] {
  const { expected, atMs, endMs, proofMs } = cursor;
  if (expected === null || cursor.offset > 0 || cursor.pass > 1 || cursor.departmentId !== null) return [cursor, null];
  const { by, partRows } = cursor;
  const middleMs = Math.floor((atMs + endMs) / 2);
  if (partRows === null || expected - cursor.rows <= partRows || middleMs <= atMs + 1) return [cursor, null];
  return [
    { ...cursor, endMs: middleMs, proofMs: Math.min(proofMs, middleMs), expected: null },
    startSearch({ by, startMs: middleMs, endMs, proofMs: Math.max(proofMs, middleMs), partRows }),
  ];
}

/** What an instant with more rows than offsets reach is split into. */
export interface Overflow {
  /** The reading up to the instant, ended. */
  readonly ended: SearchCursor;
  readonly split: readonly SearchCursor[];
}

/**
 * An instant has more rows than `from` reaches: it is read department by department, what follows by itself. The millisecond after goes
 * with the instant, since the query that follows may or may not include its start.
 */
export function splitInstant(cursor: SearchCursor, departmentIds: readonly string[]): Overflow {
  const { by, atMs, endMs, proofMs } = cursor;
  const afterMs = Math.min(endMs, atMs + 2);
  const instant = { by, startMs: atMs, endMs: afterMs, proofMs: afterMs };
  const following = { by, startMs: afterMs, endMs, proofMs: Math.max(afterMs, proofMs) };
  return {
    ended: { ...cursor, endMs: atMs, proofMs: atMs, rows: cursor.rows - cursor.ties, expected: null },
    split: [
      ...departmentIds.map((departmentId) => startSearch({ ...instant, departmentId })),
      ...(afterMs < endMs ? [startSearch(following)] : []),
    ],
  };
}
