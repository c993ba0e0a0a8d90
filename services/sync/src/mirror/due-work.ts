import type { Stream } from "@deskmirror/model";
import type { Progress, Pull } from "./progress.ts";

/** The intervals of a data source, in ms. */
export interface Intervals {
  readonly reconcileMs: number;
  readonly compareMs: number;
  readonly sweepMs: number;
}

/** A table, what is known of it, and what was asked of it. */
export interface TableFacts {
  readonly stream: Stream;
  readonly progress: Progress;
  readonly watermarkMs: number | null;
  /** How many pulls were asked for; 0: none. */
  readonly asked: number;
  /** Pulled rows that the sink refused and that wait among the dead letters. */
  readonly refusedRows: number;
  /** Rows that are held until a person decides whether they are deleted. */
  readonly heldRows: number;
  /** The source's clock, in ms. */
  readonly nowMs: number;
  readonly intervals: Intervals;
}

/** The shortest rest of a table whose reading fell short. */
const RETRY_MS = 60_000;

/** Why a table must be read whole now; null when it need not. */
export function duePull(facts: TableFacts): "asked" | "resume" | "compare" | null {
  const { progress, asked, nowMs, stream, intervals } = facts;
  const { pull } = progress;
  if (asked === 0) return null;
  if (pull === null || pull.asked < asked) return "asked";
  if (pull.state === "running") return "resume";
  const restMs = pull.state === "incomplete" ? retryAfterMs(pull, intervals) : readEveryMs(stream, intervals);
  return nowMs - (pull.finishedMs ?? 0) >= restMs ? "compare" : null;
}

/**
 * What fell short is mostly a record that came or went while it was read: it is read again soon, but so that reading again and again
 * takes a tenth of the time at most.
 */
function retryAfterMs({ startedMs, finishedMs }: Pull, { compareMs }: Intervals): number {
  const tookMs = (finishedMs ?? startedMs) - startedMs;
  return Math.min(compareMs, Math.max(RETRY_MS, 9 * tookMs));
}

/**
 * How often a table is read whole by the clock: often where nothing else shows a change, seldom where events and reconcile do. Only so a
 * record is found that lay in the recycle bin while it was to be read, and came back without a word.
 */
export function readEveryMs({ polled }: Stream, { compareMs, sweepMs }: Intervals): number {
  return polled ? compareMs : sweepMs;
}

/** Whether a table's next reconcile is due. */
export function isReconcileDue({ stream, progress, watermarkMs, nowMs, intervals }: TableFacts): boolean {
  if (!stream.hasChangedSince || watermarkMs === null || progress.pull?.state === "running") return false;
  const { reconciledMs } = progress;
  return (
    reconciledMs === null || reconciledMs < (progress.completedMs ?? 0) || nowMs - reconciledMs >= intervals.reconcileMs
  );
}

/** Whether the recycle bin must be read whole: only so a restore is found that moved nothing and sent no event. */
export function isBinDue(tables: readonly TableFacts[]): boolean {
  const lastMs = Math.max(0, ...tables.map(({ progress }) => progress.binReadMs ?? 0));
  return tables.some(({ nowMs, intervals }) => nowMs - lastMs >= intervals.sweepMs);
}

/** Whether the children of a record that is here will be read anyway, later than now, by the pull of their table. */
export function isStillToBePulled({ progress: { pull }, asked }: TableFacts, parentKey: string): boolean {
  if (pull === null) return asked > 0;
  const { state, parentsAfter, parentsUntil } = pull;
  return state === "running" && parentsAfter !== null && parentsUntil !== null && parentKey > parentsUntil;
}

/** A table's state as status says it (docs/invariants.md, I8). */
export type TableLife = "pending" | "pulling" | "live" | "incomplete" | "error";

/** `live` is said only of a table whose last full read is proven complete and which reconcile, or a young compare, has followed. */
export function tableLife(facts: TableFacts): TableLife {
  const { progress, stream, intervals, nowMs, refusedRows, heldRows } = facts;
  const { pull, completedMs, reconciledMs, problem } = progress;
  if (problem !== null) return "error";
  if (pull === null) return "pending";
  if (refusedRows + heldRows > 0 && pull.state !== "running") return "incomplete";
  if (completedMs === null) return pull.state === "incomplete" ? "incomplete" : "pulling";
  if (pull.state === "incomplete") return "incomplete";
  if (stream.hasChangedSince) return reconciledMs !== null && reconciledMs >= completedMs ? "live" : "pulling";
  return nowMs - completedMs <= 2 * readEveryMs(stream, intervals) ? "live" : "incomplete";
}
