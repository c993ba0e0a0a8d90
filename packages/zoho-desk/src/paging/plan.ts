import type { RequestOptions } from "@deskmirror/model";
import type { StreamSpec } from "../streams/spec.ts";
import { toTime } from "../values.ts";
import { startList, startSearch } from "./cursor.ts";
import type { ListCursor, SearchCursor } from "./cursor.ts";
import type { RowReader } from "./rows.ts";

/** Search shows a change no later than this: nothing younger is proven by it. */
const INDEX_LAG_MS = 2 * 60_000;

/** Fewer rows than this are not worth a reading of their own; each part ends in half a page. */
const ROWS_A_PART = 1_000;
const MOST_PARTS = 8;

/** What planning needs. */
export interface PlanOptions {
  readonly reader: RowReader;
  readonly options: RequestOptions;
  /** Zoho's time now, a bound from below; after the first answer. */
  readonly now: () => number;
}

/**
 * The readings that show all of a searched stream: equal spans of createdTime from its oldest record to now. A span that turns out to
 * hold far more than its share is split again while it is read.
 */
export async function planSearch(spec: StreamSpec, plan: PlanOptions): Promise<readonly SearchCursor[]> {
  const oldest = await plan.reader.search(spec, { ...everything, sortBy: "createdTime", limit: "1" }, plan.options);
  const endMs = plan.now() + 1;
  const rows = oldest.count ?? 0;
  const parts = toParts(rows);
  // A record older than the oldest may come back from the recycle bin meanwhile.
  const firstMs = Math.min(toTime(oldest.rows[0]?.["createdTime"]) ?? 0, endMs);
  const stepMs = Math.ceil((endMs - firstMs) / parts);
  const partRows = Math.max(ROWS_A_PART, Math.ceil((rows / parts) * 1.5));
  return Array.from({ length: parts }, (_, part) => {
    const startMs = part === 0 ? 0 : firstMs + part * stepMs;
    const partEndMs = part === parts - 1 ? endMs : firstMs + (part + 1) * stepMs;
    const proofMs = Math.max(startMs, Math.min(partEndMs, endMs - INDEX_LAG_MS));
    return startSearch({ by: "createdTime", startMs, endMs: partEndMs, proofMs, partRows });
  });
}

/** How many readings a search of so many records is divided into. */
export function toParts(rows: number): number {
  return Math.max(1, Math.min(MOST_PARTS, Math.floor(rows / ROWS_A_PART)));
}

/** The query of a search for all there is. */
export const everything = {
  createdTimeRange: `${new Date(0).toISOString()},${new Date(Date.UTC(2100, 0, 1)).toISOString()}`,
  from: "0",
};

/** How many records the search of a stream finds. */
export async function countSearch(spec: StreamSpec, plan: Omit<PlanOptions, "now">): Promise<number | null> {
  return (await plan.reader.search(spec, { ...everything, limit: "1" }, plan.options)).count;
}

/** The reading that shows all that was modified at or after a time. */
export function planChanged(spec: StreamSpec, sinceMs: number, nowMs: number): SearchCursor | ListCursor {
  const startMs = Math.max(0, sinceMs);
  if (spec.changedSince === null)
    throw new RangeError(`${spec.name} cannot be asked for what was modified since a time`);
  if (spec.changedSince === "list") return startList(null, startMs);
  // Open at the end: what is modified while it is read moves there and is read again.
  const proofMs = Math.max(startMs, nowMs - INDEX_LAG_MS);
  return startSearch({ by: "modifiedTime", startMs, endMs: FAR_MS, proofMs });
}

const FAR_MS = Date.UTC(2100, 0, 1);
