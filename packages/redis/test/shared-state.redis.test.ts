import assert from "node:assert/strict";
import { test } from "node:test";
import { createDeliveryQueue } from "../src/delivery-queue.ts";
import { createGaps } from "../src/gaps.ts";
import { createHeartbeats } from "../src/heartbeats.ts";
import { sharedKey, sourceKey } from "../src/keys.ts";
import { atEnd, testConnection, testRedis, uniqueName } from "./redis.ts";

const connection = await testConnection(await testRedis());
const { client } = connection;
const queue = createDeliveryQueue({ connection });
atEnd(() => queue.close());

test("closed gaps are kept for seven days, the last hundred", async () => {
  const gaps = createGaps({ connection });
  const source = uniqueName();
  const closed = sourceKey(source, "gaps", "closed");
  const gap = (toMs: number) => JSON.stringify({ fromMs: toMs - 10, toMs, reason: "r" });
  const nowMs = Date.now();
  await client.rpush(closed, ...Array.from({ length: 110 }, (_, i) => gap(nowMs - i)), gap(nowMs - 8 * 86_400_000));
  assert.equal((await gaps.list(source)).length, 110);
  await gaps.close(source, nowMs);
  assert.equal((await gaps.list(source)).length, 100);
  await client.del(closed);
  await client.rpush(closed, gap(nowMs - 8 * 86_400_000), gap(nowMs));
  assert.equal((await gaps.list(source)).length, 1);
});

test("an instance's last heartbeat is known for seven days", async () => {
  const heartbeats = createHeartbeats({ connection });
  const [here, gone] = [uniqueName("i"), uniqueName("i")];
  await client.zadd(sharedKey("ingest", "heartbeats"), Date.now() - 8 * 86_400_000, gone);
  await queue.heartbeat(here);
  const all = await heartbeats.all();
  assert.ok(Math.abs((all.get(here) ?? 0) - Date.now()) < 5_000);
  assert.equal(all.has(gone), false);
});
