// `npm run bench`: how fast the pair is, as ratios to the least that could be done, measured in the same run.
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createDeskEmulator } from "@deskmirror/desk-emulator";
import { formatTable } from "@deskmirror/cli";
import type { Cell } from "@deskmirror/cli";
import { startPostgresServer } from "../scripts/servers/postgres.ts";
import { startRedisServer } from "../scripts/servers/redis.ts";
import { learnDelivery } from "./delivery.ts";
import { measureEndToEnd } from "./end-to-end.ts";
import { measureIngest } from "./ingest.ts";

const ROUNDS = 5;
const rows: Cell[][] = [];

await using releases = new AsyncDisposableStack();
const dir = await mkdtemp(join(tmpdir(), "deskmirror-bench-"));
releases.defer(() => rm(dir, { recursive: true, force: true }));
await chmod(dir, 0o755);
const desk = await createDeskEmulator({ tickets: 20, latencyMs: 0 });
releases.defer(() => desk.close());
const makeBody = await learnDelivery(desk);
console.log(
  `Deliveries of one event, ${makeBody(0).length} bytes; Redis with appendfsync always; ${ROUNDS} rounds each.`,
);

{
  const redis = await startRedisServer(join(dir, "redis-1"));
  const { floor, unsigned, signed } = await measureIngest(
    { dir: join(dir, "ingest"), redisUrl: redis.url },
    makeBody,
    ROUNDS,
  );
  await redis.stop();
  addRow("ingest: deliveries answered 200", { rate: unsigned, floor, target: 0.8 });
  addRow("the same, a different JWT on each", { rate: signed, floor, target: 0.6 });
}
{
  const redis = await startRedisServer(join(dir, "redis-2"));
  const postgresDir = await mkdtemp(join(dir, "postgres-"));
  const postgres = await startPostgresServer(postgresDir);
  const places = { dir: join(dir, "pair"), redisUrl: redis.url, databaseUrl: postgres.url, desk };
  const { floor, pair } = await measureEndToEnd(places, makeBody, ROUNDS);
  await postgres.stop();
  await redis.stop();
  addRow("end to end: HTTP to committed row", { rate: pair, floor, target: 0.5 });
}

console.log(formatTable(["what", "a second", "floor", "ratio", "target"], rows));
console.log(
  "\nFloors: node:http + one XADD each; node:http + one loop of bulk upserts, no queue, answered before the commit.",
);

function addRow(what: string, { rate, floor, target }: { rate: number; floor: number; target: number }): void {
  rows.push([what, Math.round(rate), Math.round(floor), (rate / floor).toFixed(2), `≥ ${target}`]);
}
