import type { Cursor } from "@deskmirror/model";

/** One reading of a pull: where it stands and what it has shown. */
export type Reading = {
  readonly id: string;
  /** Null when it is over. */
  readonly cursor: Cursor | null;
  readonly pages: number;
  readonly distinct: number;
  /** Why it is not proven complete; null when it is, or is not over. */
  readonly shortfall: string | null;
};

/** A full read of a table, as its checkpoint keeps it. Times in ms on the source's clock. */
export type Pull = {
  /** Which of the pulls asked for it answers; a compare by the clock keeps the number. */
  readonly asked: number;
  /** No listing of the table was over before it began, and so nothing was read under the table's records. */
  readonly isFirst: boolean;
  readonly state: "running" | "complete" | "incomplete";
  readonly startedMs: number;
  readonly finishedMs: number | null;
  readonly readings: readonly Reading[];
  /** The last parent record whose children were planned; null when there are no parents to walk, or all were. */
  readonly parentsAfter: string | null;
  /** Parents up to this one are being planned, or all when null: of those that come among them from now on it may not know. */
  readonly parentsUntil: string | null;
  /** Distinct records of readings that are over and gone. */
  readonly distinct: number;
  readonly rows: number;
  readonly calls: number;
  readonly credits: number;
  /** What the count endpoint said at the start; null when there is none. */
  readonly expected: number | null;
  /** Tombstones at the start: those written since explain a smaller reading. */
  readonly deletedBefore: number;
  /** No row of this reading is proven alive before this time: rows that are not alive since are suspects. */
  readonly boundMs: number;
  /** Whether the listing before, like this one perhaps, lacked more rows than is believed at once. */
  readonly isDoubtful: boolean;
  /** Why it is incomplete. */
  readonly message: string | null;
};

/** Everything a table's checkpoint holds. */
export type Progress = {
  readonly pull: Pull | null;
  /** End of the last complete full read; null before the first. */
  readonly completedMs: number | null;
  /** What listing it whole cost the last time; 0 before the first. */
  readonly readCredits: number;
  /** What a round of it costs lately, with its part of the recycle bin; 0 before the first. */
  readonly roundCredits: number;
  /** End of the last reconcile round; null before the first. */
  readonly reconciledMs: number | null;
  /** Start of the last round that read the recycle bin whole; null before the first. */
  readonly binReadMs: number | null;
  /** Why work on the table ended and will not go on by itself, such as a scope that was taken away; null when it did not. */
  readonly problem: string | null;
};

/** A table that nothing was read of. */
export const NO_PROGRESS: Progress = {
  pull: null,
  completedMs: null,
  readCredits: 0,
  roundCredits: 0,
  reconciledMs: null,
  binReadMs: null,
  problem: null,
};
