import { hash } from "node:crypto";
import type { ListCursor } from "./cursor.ts";

/** One answer of a list. */
export interface ListAnswer {
  readonly ids: readonly string[];
  /** Most rows a page may have; null: the answer is the whole list. */
  readonly limit: number | null;
  /** An answer that is not paged is cut at this many rows. */
  readonly cap: number | null;
  /** Whether the list stands in a stable order, which can be turned round. */
  readonly isOrdered: boolean;
  /** The rows are older than what was asked for. */
  readonly isPastUntil: boolean;
}

/** What an answer means for its reading. */
export interface ListStep {
  /** Rows not shown before, by index. */
  readonly fresh: readonly number[];
  /** Where to go on; null at the end. */
  readonly next: ListCursor | null;
  readonly rows: number;
  /** At the end: null when complete, else why not. */
  readonly shortfall: string | null;
}

/** Offsets end here (Zoho Desk API, lists; 422 beyond). */
export const LAST_OFFSET = 4999;

const mostPasses = 5;
const mostSteps = 50;

/**
 * Paging by offset over a live list: each page repeats one row of the page before; when that row is not there, rows were deleted before
 * it and we step back. A list in no stable order is read until two passes show the same rows. Pure.
 */
export function stepList(cursor: ListCursor, answer: ListAnswer): ListStep {
  const { ids, limit } = answer;
  const seen = new Set(cursor.seen);
  if (cursor.from > 0 && !ids.some((id) => seen.has(id))) return stepBack(cursor, limit ?? ids.length);
  const frontier = new Set(cursor.frontier);
  const reached = cursor.frontier.length === 0 ? -1 : ids.findIndex((id) => frontier.has(id));
  const until = reached === -1 ? ids.length : reached;
  const fresh = ids.flatMap((id, index) => (index < until && !seen.has(id) ? [index] : []));
  const counted = countRows(cursor, ids, fresh);
  if (limit === null) {
    const isCut = answer.cap !== null && ids.length >= answer.cap;
    return end(counted, fresh, isCut ? `the list is cut at ${answer.cap} rows` : null);
  }
  if (reached !== -1 || answer.isPastUntil) return end(counted, fresh, null);
  if (ids.length < limit) return endPass(counted, fresh, answer);
  const next = { ...counted, from: cursor.from + ids.length - 1, seen: [...ids], steps: 0 };
  if (next.from > LAST_OFFSET) return { ...turnOrEnd(next, answer), fresh };
  return { fresh, next, rows: counted.rows, shortfall: null };
}

/** Offsets beyond this one are refused: a list in a stable order is read from its other end, until both readings meet. */
export function turnOrEnd(cursor: ListCursor, { isOrdered }: Pick<ListAnswer, "isOrdered">): ListStep {
  if (!isOrdered || cursor.descending) {
    return end(cursor, [], `offsets end at ${LAST_OFFSET}: ${cursor.rows} rows could be listed`);
  }
  const next = { ...cursor, descending: true, from: 0, frontier: cursor.seen, seen: [], steps: 0 };
  return { fresh: [], next, rows: cursor.rows, shortfall: null };
}

function stepBack(cursor: ListCursor, limit: number): ListStep {
  if (cursor.steps >= mostSteps) return end(cursor, [], "the list kept shifting while it was read");
  const next = { ...cursor, from: Math.max(0, cursor.from - limit + 1), steps: cursor.steps + 1 };
  // From the start again: what was counted of this pass is counted anew.
  const restarted = next.from === 0 && cursor.frontier.length === 0 ? { ...next, rows: 0, sum: 0, seen: [] } : next;
  return { fresh: [], next: restarted, rows: cursor.rows, shortfall: null };
}

function countRows(cursor: ListCursor, ids: readonly string[], fresh: readonly number[]): ListCursor {
  const sum = fresh.reduce((total, index) => (total + toNumber(ids[index]!)) % modulus, cursor.sum);
  return { ...cursor, rows: cursor.rows + fresh.length, sum };
}

function endPass(cursor: ListCursor, fresh: readonly number[], { isOrdered }: ListAnswer): ListStep {
  const { rows, sum, before, pass } = cursor;
  const isOnePage = cursor.from === 0 && pass === 1;
  if (isOrdered || isOnePage || (before !== null && before.rows === rows && before.sum === sum)) {
    return end(cursor, fresh, cursor.frontier.length === 0 ? null : "the readings from both ends did not meet");
  }
  if (pass === mostPasses) return end(cursor, fresh, `${mostPasses} readings of the list showed different rows`);
  const next = { ...cursor, from: 0, seen: [], rows: 0, sum: 0, before: { rows, sum }, pass: pass + 1 };
  return { fresh, next, rows, shortfall: null };
}

function end(cursor: ListCursor, fresh: readonly number[], shortfall: string | null): ListStep {
  return { fresh, next: null, rows: cursor.rows, shortfall };
}

const modulus = 2 ** 48;

/** 48 bits of an id, so that the sum over a set does not depend on its order. */
function toNumber(id: string): number {
  return Number.parseInt(hash("sha1", id, "hex").slice(0, 12), 16);
}
