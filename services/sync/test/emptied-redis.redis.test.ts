import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { connectRedis, createDueSet } from "@deskmirror/redis";
import { startPair } from "./pair.ts";
import { equal, settle, statusOf, until } from "./support/status.ts";

const pair = await startPair({ tickets: 40, latencyMs: 5 }, { env: { RECONCILE_SECONDS: "15" } });
const connection = connectRedis({ url: pair.redisUrl, role: "sync" });
await connection.ready();
const { client } = connection;
after(() => connection.close());

const tables = ["tickets", "contacts", "ticket_history"];
let serviceUrl = "";
const post = async (url: string): Promise<number> => (await fetch(url, { method: "POST", body: "[]" })).status;
const isPublished = async (): Promise<boolean> => (await client.exists("{dm::registry}:version")) === 1;

test("Redis emptied in the middle of traffic: refilled within 5 s, its URLs work, a gap, and all ends equal by itself", async () => {
  const created = await pair.call("POST", "/sources", pair.newSource("acme", { tables }));
  assert.equal(created.status, 201, JSON.stringify(created.body));
  ({ serviceUrl } = created.body as { serviceUrl: string });
  await pair.call("POST", "/sources/acme/webhook");
  await pair.run("/sources/acme/pull");
  await settle(pair);
  const unknownUrl = serviceUrl.replace(/[^/]+$/, "A".repeat(43));
  assert.equal(await post(unknownUrl), 404);

  const mix = { ticketCreate: 2, ticketUpdate: 5, ticketDelete: 1, ticketMove: 1, contactCreate: 1, contactUpdate: 2 };
  const workload = pair.desk.workload({ changesPerSecond: 30, mix });
  workload.start();
  await sleep(3_000);
  const beforeMs = Date.now();
  await client.flushall();
  const emptiedMs = performance.now();
  assert.deepEqual(
    [await post(serviceUrl), await post(unknownUrl)],
    [200, 503],
    "404 is said only while the marker stands",
  );
  await until("the sources are back", isPublished);
  const tookMs = performance.now() - emptiedMs;
  assert.ok(tookMs < 6_000, `${tookMs} ms`);
  await until("ingest knows it", async () => (await post(unknownUrl)) === 404);
  const [gap] = (await statusOf(pair)).gaps;
  assert.equal(gap?.reason, "queue lost");
  assert.ok(Date.parse(gap.from) > beforeMs - 15_000 && Date.parse(gap.from) <= beforeMs, gap.from);
  await sleep(2_000);
  workload.stop();
  await until("the gap is closed", async () => (await statusOf(pair)).gaps.every(({ state }) => state === "closed"));
  await settle(pair);
  await equal(pair);
  const { accepted, applied, superseded, filtered, deadLettered, unaccounted } = (await statusOf(pair)).ledger;
  assert.ok(accepted! > 0);
  assert.deepEqual([accepted, deadLettered, unaccounted], [applied! + superseded! + filtered!, 0, 0]);
});

test("children that were due when Redis was emptied are read all the same, and gaps are still told of", async () => {
  await settle(pair);
  const gapsBefore = (await statusOf(pair)).gaps;
  const due = createDueSet({ connection });
  pair.desk.faults.add({ kind: "status500", match: "History" });
  pair.desk.workload({ changesPerSecond: 1, mix: { ticketUpdate: 1 } }).run(10);
  await until("their history is due", async () => (await due.size("acme")) > 0);
  await settle(pair);
  const seen = pair.sinkText("select sealed from _deskmirror_vault where name = 'redis-seen'");
  await until(
    "sync has looked",
    async () => pair.sinkText("select sealed from _deskmirror_vault where name = 'redis-seen'") !== seen,
  );
  await client.flushall();
  pair.desk.faults.clear();
  await until("the sources are back", isPublished);
  await settle(pair);
  await until("nothing is due", async () => (await due.size("acme")) === 0 && (await due.oldestMs("acme")) === null);
  await equal(pair);
  const { gaps } = await statusOf(pair);
  for (const { from, reason } of gapsBefore) assert.ok(gaps.some((gap) => gap.from === from && gap.reason === reason));
});
