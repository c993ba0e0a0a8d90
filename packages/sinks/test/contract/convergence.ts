import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Change, Batch, Sink, Table } from "@deskmirror/model";
import { createMemorySink } from "../../src/memory-sink.ts";
import { batch } from "./changes.ts";
import type { Contents } from "./contents.ts";
import { HORIZON_MS, histories, inRun } from "./random-changes.ts";

/** Any history gives the same rows in every sink (docs/invariants.md, I3 and I4). */
export function convergenceTests({ sink, prepared }: Contents): void {
  test("any order, doubling and batching gives the rows of the memory sink, and each batch its outcomes and doubts", async () => {
    const reference = createMemorySink();
    const tables = await prepared();
    const owner = { source: tables.tickets.source, orgId: "org" };
    await reference.prepare(Object.values(tables), owner);
    const twin = createMemorySink();
    await twin.prepare(Object.values(tables), owner);
    let run = 0;
    const property = fc.asyncProperty(fc.constantFrom(...Object.values(tables)), histories, async (table, history) => {
      const prefix = ++run;
      const mine = batchOf(
        table,
        history.changes.map((change) => inRun(prefix, change)),
      );
      await reference.write(mine);
      for (const changes of history.batches) {
        const given = batchOf(
          table,
          changes.map((change) => inRun(prefix, change)),
        );
        assert.deepEqual(await sink().write(given), await twin.write(given));
      }
      const keys = [...new Set(mine.changes.map(({ key }) => key))];
      const rows = await sink().rowsByKey(table, keys);
      assert.deepEqual(rows, await reference.rowsByKey(table, keys));
      assert.deepEqual(await openDoubts(sink(), table, keys), await openDoubts(twin, table, keys));
      assert.deepEqual(await dueKeys(sink(), table, keys), await dueKeys(twin, table, keys));
    });
    await fc.assert(property, { numRuns: 200 });
  });
}

function batchOf(table: Table, changes: readonly Change[]): Batch {
  return { ...batch(table, ...changes), horizonMs: HORIZON_MS };
}

async function openDoubts(sink: Sink, { source, stream }: Table, keys: readonly string[]): Promise<readonly object[]> {
  const doubts = (await sink.doubts(source, 10_000)).filter(
    (doubt) => doubt.stream === stream && keys.includes(doubt.key),
  );
  return doubts.map((doubt) => ({ ...doubt, sinceMs: 0 })).toSorted((left, right) => (left.key < right.key ? -1 : 1));
}

async function dueKeys(sink: Sink, table: Table, keys: readonly string[]): Promise<readonly string[]> {
  const due = (await sink.detailDue(table, 10_000)).map(({ key }) => key);
  return due.filter((key) => keys.includes(key)).toSorted();
}
