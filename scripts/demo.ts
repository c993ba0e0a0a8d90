// `npm run demo`: the real pair against the bundled Desk emulator, until Ctrl-C; `-- --once` ends by itself, with 0 when equal.
import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { createDeskEmulator } from "@deskmirror/desk-emulator";
import { createAdminApi } from "./pair/admin-api.ts";
import { describeCommands, describeTickets, nextSteps } from "./demo/explain.ts";
import { openPair } from "./demo/open-pair.ts";
import { SOURCE, changeAndVerify, changeUntilStopped, connectDesk, pullAll } from "./demo/steps.ts";
import { failWhenOneEnds } from "./pair/running.ts";
import type { Running } from "./pair/running.ts";
import { stopSignal } from "./pair/stop-signal.ts";

const { once } = parseArgs({ options: { once: { type: "boolean", default: false } } }).values;
const dir = "data/demo";
const database = `${dir}/desk.db`;
const running: Running[] = [];
const stopped = stopSignal(() => running.forEach((program) => program.kill()));
const over = new AbortController();
const signal = AbortSignal.any([stopped, over.signal]);
const startedMs = performance.now();

const emulator = await createDeskEmulator({ tickets: 500 });
try {
  console.log("Starting the pair …");
  const pair = await openPair({ dir, running, signal });
  const api = createAdminApi({ origin: pair.sync, token: pair.adminToken, source: SOURCE, signal });
  const demo = { api, emulator, signal };
  await Promise.race([run(), failWhenOneEnds(running)]);

  async function run(): Promise<void> {
    console.log(`Desk (emulated)  ${emulator.url}
ingest           ${pair.ingest}/hooks/…
sync             ${pair.sync} (in a browser: its calls)
database         ${pair.database}
logs             ${dir}/ingest.log, ${dir}/sync.log
`);
    await connectDesk(demo);
    try {
      await show();
    } finally {
      // A Redis that is not ours is left as it was.
      if (process.env["REDIS_URL"]) await api.removeSource();
    }
  }

  async function show(): Promise<void> {
    const status = await pullAll(demo);
    console.log(`
Every list is read, after ${seconds()} s. ${describeTickets(status)}
Look from another terminal, now or while it changes:

${describeCommands(pair, SOURCE, emulator.url)}
`);
    const workload = emulator.workload({ changesPerSecond: once ? 20 : 10 });
    if (once) {
      const { equal, looks } = await changeAndVerify(demo, workload);
      console.log(
        `${equal ? "Equal" : "NOT equal"} after ${looks} ${looks === 1 ? "look" : "looks"} and ${seconds()} s in all.`,
      );
      console.log(equal ? `\n${nextSteps}` : `\nWhat differs is above; what happened is in ${dir}/sync.log.`);
      process.exitCode = equal ? 0 : 1;
    } else {
      console.log(`${nextSteps}\n`);
      console.log("Live changes, about 10 a second, until Ctrl-C:");
      await changeUntilStopped(demo, workload).finally(() => workload.stop());
    }
  }
} catch (error) {
  if (!stopped.aborted) console.error(error instanceof Error ? error.message : error);
  process.exitCode = stopped.aborted && !once ? 0 : 1;
} finally {
  over.abort();
  for (const program of running.toReversed()) await program.stop();
  await emulator.close();
  if (stopped.aborted && existsSync(database))
    console.log(`\nEnded. What was copied is in ${database} until the next demo.`);
}

function seconds(): number {
  return Math.round((performance.now() - startedMs) / 1_000);
}
