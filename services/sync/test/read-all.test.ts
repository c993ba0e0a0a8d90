import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Cursor, Page } from "@deskmirror/model";
import { readAll, toReadings } from "../src/mirror/read-all.ts";
import type { Reading } from "../src/mirror/progress.ts";

interface Part {
  readonly name: string;
  readonly pages: number;
  readonly splits: readonly Part[];
}

const { part } = fc.letrec<{ part: Part }>((tie) => ({
  part: fc.record({
    name: fc.uuid(),
    pages: fc.integer({ min: 1, max: 4 }),
    splits: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.constant([]),
      fc.array(tie("part"), { maxLength: 2 }),
    ),
  }),
}));

/** A listing made of parts; a part's first page splits off its own parts. */
function createListing(parts: readonly Part[]) {
  const all = new Map<string, Part>();
  const add = (one: Part): void => {
    all.set(one.name, one);
    one.splits.forEach(add);
  };
  parts.forEach(add);
  const cursors = parts.map(({ name }): Cursor => ({ name, page: 0 }));
  const readPage = async (cursor: Cursor): Promise<Page> => {
    const page = Number(cursor["page"]);
    const one = all.get(cursor["name"] as string)!;
    await new Promise((resolve) => setImmediate(resolve));
    return {
      changes: [],
      rows: 1,
      credits: 3,
      next: page + 1 < one.pages ? { ...cursor, page: page + 1 } : null,
      split: page === 0 ? one.splits.map(({ name }) => ({ name, page: 0 })) : [],
      shortfall: null,
      distinct: page + 1,
      shown: null,
    };
  };
  const expected = [...all.values()].reduce((sum, { pages }) => sum + pages, 0);
  return { cursors, readPage, expected };
}

test("every page of every reading is read once, splits included, whatever the concurrency", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 5 }), fc.integer({ min: 1, max: 6 }), async (parts, concurrency) => {
      const { cursors, readPage, expected } = createListing(parts);
      let written = 0;
      const ended = await readAll({
        readings: toReadings(cursors),
        readPage,
        concurrency,
        signal: new AbortController().signal,
        write: async () => {
          written += 1;
        },
      });
      assert.equal(written, expected);
      assert.ok(ended.every(({ cursor }) => cursor === null));
      assert.equal(
        ended.reduce((sum, { distinct }) => sum + distinct, 0),
        expected,
      );
    }),
    { numRuns: 100 },
  );
});

test("a crash at any page is resumed from the checkpoint and repeats at most one page of each reading", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 4 }), fc.nat(12), async (parts, crashAfter) => {
      const { cursors, readPage, expected } = createListing(parts);
      let checkpoint: readonly Reading[] = toReadings(cursors);
      let written = 0;
      let crashed = false;
      const run = (): Promise<readonly Reading[]> =>
        readAll({
          readings: checkpoint,
          readPage,
          concurrency: 3,
          signal: new AbortController().signal,
          write: async (_page, advance) => {
            if (!crashed && written >= crashAfter) {
              crashed = true;
              throw new Error("crash");
            }
            written += 1;
            checkpoint = advance(checkpoint);
          },
        });
      await run().catch(() => run());
      assert.equal(written, expected);
      assert.ok(checkpoint.every(({ cursor }) => cursor === null));
    }),
    { numRuns: 100 },
  );
});

test("an aborted reading stops before its next page", async () => {
  const { cursors, readPage } = createListing([{ name: "a", pages: 4, splits: [] }]);
  const controller = new AbortController();
  let written = 0;
  const reading = readAll({
    readings: toReadings(cursors),
    readPage,
    concurrency: 1,
    signal: controller.signal,
    write: async () => {
      written += 1;
      controller.abort();
    },
  });
  await assert.rejects(reading, { name: "AbortError" });
  assert.equal(written, 1);
});
