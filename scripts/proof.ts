// `npm run proof`: the promises of the README at a size no test has time for, on a cluster of real processes.
import { parseArgs } from "node:util";
import { startCluster } from "./proof/cluster.ts";
import { runLarge } from "./proof/large.ts";
import { stopSignal } from "./pair/stop-signal.ts";

const { values } = parseArgs({
  options: { tickets: { type: "string", default: "20000" }, changes: { type: "string", default: "50" } },
});
const signal = stopSignal(() => {});
await using cluster = await startCluster({
  deskArguments: { tickets: Number(values.tickets), concurrency: 25, "daily-credits": 2_000_000 },
  signal,
});
const run = await runLarge(cluster, { changesPerSecond: Number(values.changes), say: console.log });
console.log(
  JSON.stringify({ ...run, stats: await cluster.desk.stats(), answers: cluster.balancer.answers() }, null, 1),
);
