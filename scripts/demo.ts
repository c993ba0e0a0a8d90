// `npm run demo`: the real pair against the bundled Desk emulator, until Ctrl-C; `-- --once` ends by itself, with 0 when equal.
import { parseArgs } from "node:util";
import { createDeskEmulator } from "@deskmirror/desk-emulator";
import { createAdminApi } from "./pair/admin-api.ts";
import { openPair } from "./demo/open-pair.ts";
import { SOURCE, changeAndVerify, changeUntilStopped, connectDesk, pullAll } from "./demo/steps.ts";
import { failWhenOneEnds } from "./pair/running.ts";
import type { Running } from "./pair/running.ts";
import { stopSignal } from "./pair/stop-signal.ts";

const { once } = parseArgs({ options: { once: { type: "boolean", default: false } } }).values;
const dir = "data/demo";
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
sync             ${pair.sync}/api/sources/${SOURCE}/status   Authorization: Bearer ${pair.adminToken}
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
    await pullAll(demo);
    console.log(
      `\nEvery table is read, after ${seconds()} s. Ask the database, now or while it changes:\n\n${queryFor(pair.database)}\n`,
    );
    const workload = emulator.workload({ changesPerSecond: once ? 20 : 10 });
    if (once) {
      const { equal, looks } = await changeAndVerify(demo, workload);
      console.log(
        `${equal ? "Equal" : "NOT equal"} after ${looks} ${looks === 1 ? "look" : "looks"} and ${seconds()} s in all.`,
      );
      process.exitCode = equal ? 0 : 1;
    } else {
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
}

function seconds(): number {
  return Math.round((performance.now() - startedMs) / 1_000);
}

function queryFor(database: string): string {
  return `  node_modules/.bin/node scripts/query.ts ${database} "select data->>'status' as status, count(*) as tickets
    from ${SOURCE}_tickets where _deleted_at is null group by 1 order by 2 desc"`;
}
