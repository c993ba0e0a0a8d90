import assert from "node:assert/strict";
import { test } from "node:test";
import { sourceKey } from "../src/keys.ts";
import { createTurns } from "../src/turns.ts";
import { testConnection, testRedis, uniqueName } from "./redis.ts";

const url = await testRedis();
const connection = await testConnection(url);
const turnsOf = (limit: number) => createTurns({ connection, name: "foreign", limit });

/** Moves everything a source has reserved into the past, as if time had gone on. */
async function elapse(source: string, ms: number): Promise<void> {
  const key = sourceKey(source, "turns", "foreign");
  const members = await connection.client.zrange(key, 0, "-1");
  for (const member of members) await connection.client.zincrby(key, -ms, member);
}

test("work keeps its place when it asks again, and loses it a minute after its turn", async () => {
  const source = uniqueName();
  const turns = turnsOf(1);
  const [first, second] = [
    { id: "first", size: 1 },
    { id: "second", size: 1 },
  ];
  assert.equal(await turns.waitMs(source, first), 0);
  const wait = await turns.waitMs(source, second);
  assert.ok(wait > 59_000);
  assert.ok((await turns.waitMs(source, second)) <= wait);
  await elapse(source, 50_000);
  assert.equal(await turns.waitMs(source, first), 0);
  await elapse(source, 12_000);
  assert.equal(await turns.waitMs(source, second), 0);
  assert.ok((await turns.waitMs(source, first)) > 0);
});

test("whatever the sizes, no minute holds more turns than the limit, two processes together", async () => {
  const source = uniqueName();
  const other = createTurns({ connection: await testConnection(url), name: "foreign", limit: 60 });
  const turns = turnsOf(60);
  const sizes = Array.from({ length: 60 }, (_, index) => 1 + ((index * 7) % 16));
  const asks = sizes.map((size, index) => (index % 2 ? turns : other).waitMs(source, { id: `w${index}`, size }));
  const waits = await Promise.all(asks);
  const key = sourceKey(source, "turns", "foreign");
  const flat = await connection.client.zrange(key, 0, "-1", "WITHSCORES");
  const times = flat.filter((_, index) => index % 2 === 1).map(Number);
  assert.equal(
    times.length,
    sizes.reduce((sum, size) => sum + size, 0),
  );
  for (let index = 60; index < times.length; index++) assert.ok(times[index]! - times[index - 60]! >= 60_000);
  assert.ok(Math.max(...waits) < 11 * 60_000, "the limit is used to at least four fifths");
});
