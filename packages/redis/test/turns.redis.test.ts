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

test("up to the limit have their turn at once, later ones a minute after those before them, in order", async () => {
  const source = uniqueName();
  const turns = turnsOf(3);
  const waits: number[] = [];
  for (let index = 0; index < 8; index++) waits.push(await turns.waitMs(source, { id: `w${index}`, size: 1 }));
  assert.deepEqual(waits.slice(0, 3), [0, 0, 0]);
  for (const wait of waits.slice(3, 6)) assert.ok(wait > 59_000 && wait <= 60_000, String(wait));
  for (const wait of waits.slice(6)) assert.ok(wait > 119_000 && wait <= 120_000, String(wait));
  assert.equal(await turns.waitMs(uniqueName(), { id: "w0", size: 1 }), 0);
});

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

test("large work takes as many turns, and all of them where it is larger than the limit", async () => {
  const source = uniqueName();
  const turns = turnsOf(10);
  assert.equal(await turns.waitMs(source, { id: "a", size: 6 }), 0);
  assert.ok((await turns.waitMs(source, { id: "b", size: 5 })) > 59_000);
  // It comes after what asked before, even where there would be room: else large work would wait for ever.
  assert.ok((await turns.waitMs(source, { id: "c", size: 1 })) > 59_000);
  assert.ok((await turns.waitMs(source, { id: "d", size: 400 })) > 119_000);
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
