import { after, before, describe } from "node:test";
import type { Sink } from "@deskmirror/model";
import { batchTests } from "./contract/batches.ts";
import { bookkeepingTests } from "./contract/bookkeeping.ts";
import { createContents } from "./contract/contents.ts";
import { convergenceTests } from "./contract/convergence.ts";
import { doubtTests } from "./contract/doubts.ts";
import { rowTests } from "./contract/rows.ts";

/** What every sink must do. `openTestSink` gives one with empty contents. */
export function sinkContract(name: string, openTestSink: () => Promise<Sink>): void {
  describe(name, () => {
    let sink: Sink;
    before(async () => {
      sink = await openTestSink();
    });
    after(() => sink.close());

    const contents = createContents(() => sink);
    rowTests(contents);
    batchTests(contents);
    doubtTests(contents);
    bookkeepingTests(contents);
    convergenceTests(contents);
  });
}
