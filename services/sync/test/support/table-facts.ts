import type { Stream } from "@deskmirror/model";
import type { TableFacts } from "../../src/mirror/due-work.ts";
import { NO_PROGRESS } from "../../src/mirror/progress.ts";
import type { Pull } from "../../src/mirror/progress.ts";

/** A table with everything that one can have. */
export const stream: Stream = {
  name: "tickets",
  parent: null,
  perTicket: false,
  core: [],
  hasModifiedTime: true,
  isByCreatedTime: true,
  countsAlso: null,
  asideKey: null,
  hasEvents: true,
  polled: false,
  hasChangedSince: true,
  hasGet: true,
  inBin: true,
  volatile: new Set(),
  columns: [],
};

/** A pull that has read nothing yet. */
export const running: Pull = {
  asked: 1,
  isFirst: true,
  state: "running",
  startedMs: 1_000,
  finishedMs: null,
  readings: [],
  parentsAfter: null,
  parentsUntil: null,
  distinct: 0,
  rows: 0,
  calls: 0,
  credits: 0,
  expected: null,
  deletedBefore: 0,
  boundMs: 1_000,
  isDoubtful: false,
  message: null,
};

/** The same, at its end. */
export const complete: Pull = { ...running, state: "complete", finishedMs: 2_000 };

/** What is known of a table that was asked for once and never read, changed as given. */
export function facts(change: Partial<TableFacts>): TableFacts {
  const intervals = { reconcileMs: 900_000, compareMs: 21_600_000, sweepMs: 604_800_000 };
  return {
    stream,
    progress: NO_PROGRESS,
    watermarkMs: null,
    asked: 1,
    refusedRows: 0,
    heldRows: 0,
    nowMs: 10_000,
    intervals,
    ...change,
  };
}
