// `npm run test:faults`: breaks each part of a running cluster at each moment, and waits until source and sink are equal by themselves.
import { parseArgs } from "node:util";
import { stopSignal } from "./pair/stop-signal.ts";
import { allCells, isShort } from "./faults/cells.ts";
import { repair } from "./faults/equality.ts";
import { keepEvidence } from "./faults/evidence.ts";
import { LATENCY_MS } from "./faults/moments.ts";
import { describeCell, writeReport } from "./faults/report.ts";
import { watchResurrections } from "./faults/resurrections.ts";
import { nameOf, runCell } from "./faults/run-cell.ts";
import type { CellResult } from "./faults/run-cell.ts";
import { openSmallDisk } from "./faults/small-disk.ts";
import { SOURCE, startCluster } from "./proof/cluster.ts";
import { connectDesk, until } from "./proof/source.ts";

const TICKETS = 150;
/** What is read and compared in each cell follows from it. */
const TICKETS_IN_SHORT = 80;
const DISK_MB = 300;
/** Of the whole, from the start of this process; no cell is begun later. */
const LIMIT_MS = 40 * 60_000;

const signal = stopSignal(() => {});
const { values } = parseArgs({ options: { only: { type: "string" }, short: { type: "boolean" } } });

async function run(): Promise<number> {
  await using disk = openSmallDisk(DISK_MB);
  const all = allCells(disk);
  const cells = all.filter((cell) => (!values.short || isShort(cell)) && nameOf(cell).includes(values.only ?? ""));
  if (cells.length === 0) {
    console.error(`No cell's name has "${values.only}" in it. They are:\n${all.map(nameOf).join("\n")}`);
    return 2;
  }
  await using cluster = await startCluster({
    deskArguments: {
      tickets: values.short ? TICKETS_IN_SHORT : TICKETS,
      "latency-ms": LATENCY_MS,
      concurrency: 25,
      "daily-credits": 50_000_000,
      // A day's credits that are used up come back in a moment instead of at midnight.
      settings: JSON.stringify({ maxRetryAfterSeconds: 5 }),
    },
    environment: { RECONCILE_SECONDS: "10", COMPARE_SECONDS: "10", LOG_LEVEL: "info" },
    postgresDir: `${disk.dir}/postgres`,
    postgresSettings: ["min_wal_size=32MB", "max_wal_size=64MB", "log_line_prefix=%m [%p] %a "],
    signal,
  });
  await connectDesk(cluster);
  await cluster.api.run("pull");
  await until(async () => (await cluster.api.status()).tables.every(({ state }) => state === "live"));
  await watchResurrections(cluster.postgres.url, SOURCE);

  const results: CellResult[] = [];
  for (const cell of cells) {
    if (signal.aborted) break;
    if (performance.now() > LIMIT_MS) {
      console.log("40 minutes are over: the cells that follow are not run");
      break;
    }
    const result = await runCell(cluster, cell);
    results.push(result);
    console.log(describeCell(result));
    if (result.problems.length > 0) console.log(`    evidence: ${await keepEvidence(cluster, result)}`);
    // What one cell left unequal is none of the next one's.
    if (result.restMs === null && !(await repair(cluster).catch(() => false))) {
      console.log("    and three pulls did not mend it: the cells that follow are not run");
      break;
    }
  }
  if (results.length === all.length) writeReport(results, performance.now());
  const passed = results.filter(({ problems }) => problems.length === 0).length;
  console.log(`\n${passed} passed, ${cells.length - passed} failed`);
  return passed === cells.length ? 0 : 1;
}

process.exitCode = await run();
