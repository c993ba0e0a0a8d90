import { after, before, describe } from "node:test";
import { batchTests } from "./contract/batches.ts";
import { bookkeepingTests } from "./contract/bookkeeping.ts";
import { createContents } from "./contract/contents.ts";
import type { TestSink } from "./contract/contents.ts";
import { convergenceTests } from "./contract/convergence.ts";
import { doubtTests } from "./contract/doubts.ts";
import { flatTests } from "./contract/flat.ts";
import { modeTests } from "./contract/modes.ts";
import { rowTests } from "./contract/rows.ts";
import { suspectTests } from "./contract/suspects.ts";

/** What every sink must do. `openTestSink` gives one with empty contents. */
export function sinkContract(name: string, openTestSink: () => Promise<TestSink>): void {
  describe(name, () => {
    let opened: TestSink;
    before(async () => {
      opened = await openTestSink();
    });
    after(() => opened.sink.close());

    const contents = createContents(() => opened);
    rowTests(contents);
    batchTests(contents);
    doubtTests(contents);
    suspectTests(contents);
    bookkeepingTests(contents);
    flatTests(contents);
    modeTests(contents);
    convergenceTests(contents);
  });
}
