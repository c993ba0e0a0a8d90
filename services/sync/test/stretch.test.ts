import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Stream } from "@deskmirror/model";
import { readEveryMs } from "../src/mirror/due-work.ts";
import { NO_PROGRESS } from "../src/mirror/progress.ts";
import { describeStretch, stretch } from "../src/mirror/stretch.ts";
import { stream } from "./support/table-facts.ts";

const DAY_MS = 86_400_000;
const intervals = { reconcileMs: 900_000, compareMs: 21_600_000, sweepMs: 604_800_000 };
const polled: Stream = { ...stream, polled: true };

const table = (roundCredits: number, readCredits: number, of: Stream = stream) => ({
  stream: of,
  progress: { ...NO_PROGRESS, roundCredits, readCredits },
});

test("intervals stay as they are while they cost less than a tenth of the day, or nobody knows what a day has", () => {
  // 96 rounds of 6 credits, 4 compares of 30 and a seventh of 700 are 796 credits a day.
  const tables = [table(3, 700), table(3, 30, polled)];
  assert.deepEqual(stretch(tables, intervals, 7_960), [intervals, intervals]);
  assert.deepEqual(stretch(tables, intervals, null), [intervals, intervals]);
  assert.notDeepEqual(stretch(tables, intervals, 7_900), [intervals, intervals]);
});

test("a table that is dear to read whole is read more seldom; the others and the rounds go on as before", () => {
  // The children of 60,000 tickets beside an ordinary table: 10,500 credits a day are theirs to share.
  const [dear, ordinary] = stretch([table(0, 180_000), table(30, 1_800)], intervals, 105_000);
  assert.deepEqual(ordinary, intervals);
  assert.equal(dear!.reconcileMs, intervals.reconcileMs);
  const left = 10_500 - 96 * 30 - 1_800 / 7;
  assert.equal(Math.round(dear!.sweepMs / DAY_MS), Math.round(180_000 / left));
});

test("rounds take half of the share at most while others want it too", () => {
  // 5,000 credits a day: 500 for both.
  const [first] = stretch([table(30, 3_000, polled)], intervals, 5_000);
  assert.equal(Math.round((DAY_MS / first!.reconcileMs) * 30), 250);
  assert.equal(Math.round((DAY_MS / first!.compareMs) * 3_000), 250);
});

test("whatever tables cost, all rounds and readings together stay under a tenth of the day, and no interval gets shorter", () => {
  const credits = fc.integer({ min: 0, max: 1_000_000 });
  const tables = fc.array(fc.record({ round: credits, read: credits, isPolled: fc.boolean() }), {
    minLength: 1,
    maxLength: 30,
  });
  fc.assert(
    fc.property(tables, fc.integer({ min: 100, max: 200_000 }), (costs, dailyCredits) => {
      const all = costs.map(({ round, read, isPolled }) => table(round, read, isPolled ? polled : stream));
      const stretched = stretch(all, intervals, dailyCredits);
      const spent = all.reduce((sum, { stream: of, progress }, index) => {
        const own = stretched[index]!;
        for (const name of ["reconcileMs", "compareMs", "sweepMs"] as const) assert.ok(own[name] >= intervals[name]);
        const rounds = (DAY_MS / own.reconcileMs) * progress.roundCredits;
        return sum + rounds + (DAY_MS / readEveryMs(of, own)) * progress.readCredits;
      }, 0);
      assert.ok(spent <= 0.1 * dailyCredits * (1 + 1e-9), `${spent} of ${dailyCredits}`);
    }),
  );
});

test("status says how far intervals are stretched, and nothing where they are not", () => {
  const say = (costs: readonly (readonly [number, number])[], dailyCredits: number): string | null => {
    const all = costs.map(([round, read], index) => table(round, read, { ...stream, name: `table${index}` }));
    const stretched = stretch(all, intervals, dailyCredits);
    return describeStretch(
      all.map((one, index) => ({ ...one, intervals: stretched[index]! })),
      intervals,
    );
  };
  assert.equal(say([[30, 1_800]], 105_000), null);
  assert.equal(
    say(
      [
        [0, 180_000],
        [30, 1_800],
      ],
      105_000,
    ),
    "To stay under a tenth of the day's credits, table0 are read whole less often.",
  );
  assert.equal(
    say([[30, 0]], 5_000),
    "To stay under a tenth of the day's credits, what was modified is read each 86.4 minutes instead of 15.",
  );
});
