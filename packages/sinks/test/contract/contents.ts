import assert from "node:assert/strict";
import type { OpenDoubt, Row, Sink, Table } from "@deskmirror/model";
import type { FlatRow } from "../../src/memory-sink.ts";
import { testTables } from "./changes.ts";

/** A sink, and a reader of its contents that is not it. */
export interface TestSink {
  readonly sink: Sink;
  /** Rows of a flat view in key order as anybody reads them, by its name under the source; times in ms. */
  readonly flat: (source: string, view: string) => Promise<readonly FlatRow[]>;
}

/** The contents of one sink as the tests of the contract use them. */
export interface Contents {
  /** The sink; open while tests run. */
  readonly sink: () => Sink;
  /** Tables of a source of the caller's own. */
  readonly prepared: () => Promise<ReturnType<typeof testTables>>;
  readonly rowOf: (table: Table, key: string) => Promise<Row>;
  readonly flatOf: (table: Table, view?: string) => Promise<readonly FlatRow[]>;
  readonly doubtsOf: (table: Table) => Promise<readonly OpenDoubt[]>;
}

export function createContents(opened: () => TestSink): Contents {
  let sources = 0;
  const sink = (): Sink => opened().sink;
  return {
    sink,
    async prepared() {
      const source = `source_${++sources}`;
      const tables = testTables(source);
      await sink().prepare(Object.values(tables), { source, orgId: "org" });
      return tables;
    },
    async rowOf(table, key) {
      const [row] = await sink().rowsByKey(table, [key]);
      assert.ok(row !== undefined, `no row ${key}`);
      return row;
    },
    flatOf: ({ source, stream }, view = `${stream}_flat`) => opened().flat(source, view),
    doubtsOf: ({ source }) => sink().doubts(source, 1_000),
  };
}
