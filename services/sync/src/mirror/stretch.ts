import { readEveryMs } from "./due-work.ts";
import type { Intervals, TableFacts } from "./due-work.ts";

const DAY_MS = 24 * 60 * 60_000;

/** The share of a day's credits that reconcile and reading whole by the clock may take together (contract section 2). */
const SHARE = 0.1;

type Costly = Pick<TableFacts, "stream" | "progress">;

/**
 * The intervals of each table, in order, stretched so that a day's rounds and readings stay within their share of the day's credits, by
 * what the last ones cost (pure). Half of the share is the rounds' if they need it; what costs little is not stretched for what costs much.
 */
export function stretch(
  tables: readonly Costly[],
  intervals: Intervals,
  dailyCredits: number | null,
): readonly Intervals[] {
  const budget = dailyCredits === null ? Infinity : dailyCredits * SHARE;
  const rounds = sum(tables.map(({ progress }) => toDaily(progress.roundCredits, intervals.reconcileMs)));
  const reads = tables.map(({ stream, progress }) => toDaily(progress.readCredits, readEveryMs(stream, intervals)));
  const [forRounds = 0, forReads = 0] = shareOut([rounds, sum(reads)], budget);
  const given = shareOut(reads, forReads);
  const reconcileMs = intervals.reconcileMs * toFactor(rounds, forRounds);
  return reads.map((cost, index) => {
    const factor = toFactor(cost, given[index]!);
    return { reconcileMs, compareMs: intervals.compareMs * factor, sweepMs: intervals.sweepMs * factor };
  });
}

/** Says how far the intervals of tables are stretched; null when none is by a tenth or more. */
export function describeStretch(
  tables: readonly Pick<TableFacts, "stream" | "intervals">[],
  intervals: Intervals,
): string | null {
  const isStretched = (given: number, wanted: number): boolean => given >= 1.1 * wanted;
  const reconcileMs = Math.max(0, ...tables.map((table) => table.intervals.reconcileMs));
  const seldom = tables.filter(({ stream, intervals: own }) =>
    isStretched(readEveryMs(stream, own), readEveryMs(stream, intervals)),
  );
  const parts = [
    ...(isStretched(reconcileMs, intervals.reconcileMs)
      ? [
          `what was modified is read each ${toMinutes(reconcileMs)} minutes instead of ${toMinutes(intervals.reconcileMs)}`,
        ]
      : []),
    ...(seldom.length > 0 ? [`${seldom.map(({ stream }) => stream.name).join(", ")} are read whole less often`] : []),
  ];
  return parts.length === 0 ? null : `To stay under a tenth of the day's credits, ${parts.join(", and ")}.`;
}

const toMinutes = (ms: number): number => Math.round(ms / 6_000) / 10;

/** Gives each what it asks for where it is less than an equal part of what the cheaper ones left, else that part. */
function shareOut(costs: readonly number[], budget: number): readonly number[] {
  const given = costs.map(() => 0);
  let left = budget;
  const cheapestFirst = [...costs.entries()].toSorted(([, one], [, other]) => one - other);
  for (const [done, [index, cost]] of cheapestFirst.entries()) {
    given[index] = Math.min(cost, left / (costs.length - done));
    left -= given[index];
  }
  return given;
}

const toDaily = (credits: number, everyMs: number): number => (credits * DAY_MS) / everyMs;
const toFactor = (cost: number, given: number): number => (cost > given ? cost / given : 1);
const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
