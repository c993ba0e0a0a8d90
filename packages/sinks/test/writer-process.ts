import { dirname } from "node:path";
import { openSink } from "@deskmirror/sinks";
import { batch, testTables, upsert } from "./contract/changes.ts";

/** Writes batches of new rows with a checkpoint that counts them until it is killed; prints the count after each commit. */
const url = process.argv[2]!;
const { tickets } = testTables("acme");
const sink = await openSink(url, { dataDir: dirname(url.replace("sqlite:", "")) });
await sink.prepare([tickets], { source: "acme", orgId: "org" });
for (let rows = 20; ; rows += 20) {
  const changes = Array.from({ length: 20 }, (_, index) =>
    upsert(String(rows - index), { modifiedMs: rows, core: { id: String(rows - index) } }),
  );
  await sink.write({ ...batch(tickets, ...changes), state: { watermarkMs: null, progress: { rows }, epoch: 1 } });
  process.stdout.write(`${rows}\n`);
}
