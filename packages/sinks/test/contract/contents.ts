import assert from "node:assert/strict";
import type { OpenDoubt, Row, Sink, Table } from "@deskmirror/model";
import { testTables } from "./changes.ts";

/** The contents of one sink as the tests of the contract use them. */
export interface Contents {
  /** The sink; open while tests run. */
  readonly sink: () => Sink;
  /** Tables of a source of the caller's own. */
  readonly prepared: () => Promise<ReturnType<typeof testTables>>;
  readonly rowOf: (table: Table, key: string) => Promise<Row>;
  readonly doubtsOf: (table: Table) => Promise<readonly OpenDoubt[]>;
}

export function createContents(sink: () => Sink): Contents {
  let sources = 0;
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
    doubtsOf: ({ source }) => sink().doubts(source, 1_000),
  };
}
