import assert from "node:assert/strict";
import { test } from "node:test";
import { sharedKey } from "../src/keys.ts";
import { purgeSource } from "../src/purge.ts";
import { createRuns } from "../src/runs.ts";
import { testConnection, testRedis, uniqueName } from "./redis.ts";

const url = await testRedis();
const connection = await testConnection(url);
const { client } = connection;
const runs = createRuns({ connection });

const aliveKey = (source: string, slot: string) => sharedKey(`runs:${source}`, "running", slot);

/** What time does to a run that nobody keeps alive. */
const fallSilent = (source: string, kind: string) => client.del(aliveKey(source, kind));

test("A run is one of its kind until it is finished, and is kept with its result", async () => {
  const source = uniqueName();
  const { run, isNew } = await runs.start(source, { kind: "pull", input: { tables: ["tickets"] } });
  assert.equal(isNew, true);
  assert.equal(run.state, "running");
  assert.deepEqual(run.input, { tables: ["tickets"] });
  const again = await runs.start(source, { kind: "pull", input: null });
  assert.deepEqual([again.isNew, again.run.id], [false, run.id]);
  assert.equal((await runs.start(source, { kind: "verify", input: null })).isNew, true);

  await runs.update(source, run.id, { rows: 1 });
  assert.deepEqual((await runs.running(source, "pull"))?.result, { rows: 1 });
  await runs.finish(source, run.id, "done", { rows: 2 });
  await runs.finish(source, run.id, "failed", null);
  const done = await runs.get(source, run.id);
  assert.deepEqual([done?.state, done?.result, done?.finishedMs === null], ["done", { rows: 2 }, false]);
  assert.equal(await runs.running(source, "pull"), null);
  assert.equal((await runs.start(source, { kind: "pull", input: null })).isNew, true);
});

test("Of several processes that start a run at once, one does", async () => {
  const source = uniqueName();
  const started = await Promise.all(
    Array.from({ length: 10 }, () => runs.start(source, { kind: "pull", input: null })),
  );
  assert.equal(started.filter(({ isNew }) => isNew).length, 1);
  assert.equal(new Set(started.map(({ run }) => run.id)).size, 1);
});

test("A running run is believed for 30 s after each update, and an update renews that", async () => {
  const source = uniqueName();
  const { run } = await runs.start(source, { kind: "pull", input: null });
  const alive = aliveKey(source, "pull");
  const leftMs = await client.pttl(alive);
  assert.ok(leftMs > 25_000 && leftMs <= 30_000, `${leftMs} ms`);
  await client.pexpire(alive, 1_000);
  await runs.update(source, run.id, null);
  assert.ok((await client.pttl(alive)) > 25_000);
});

test("A run whose process died shows as failed and makes way for a new one", async () => {
  const source = uniqueName();
  const { run } = await runs.start(source, { kind: "pull", input: null });
  await fallSilent(source, "pull");
  const abandoned = await runs.get(source, run.id);
  assert.equal(abandoned?.state, "failed");
  assert.partialDeepStrictEqual(abandoned.result, { error: { code: "ABANDONED", hint: "Start it again." } });
  assert.equal(await runs.running(source, "pull"), null);
  assert.equal((await runs.start(source, { kind: "pull", input: null })).isNew, true);
});

test("A run that was only slow lives again with its next update, unless it was replaced", async () => {
  const source = uniqueName();
  const { run: slow } = await runs.start(source, { kind: "pull", input: null });
  await fallSilent(source, "pull");
  await runs.update(source, slow.id, null);
  assert.equal((await runs.get(source, slow.id))?.state, "running");

  await fallSilent(source, "pull");
  const { run: next } = await runs.start(source, { kind: "pull", input: null });
  await runs.update(source, slow.id, { late: true });
  assert.equal((await runs.running(source, "pull"))?.id, next.id);
  assert.equal((await runs.get(source, slow.id))?.state, "failed");
  await runs.finish(source, slow.id, "done", null);
  assert.equal((await runs.running(source, "pull"))?.id, next.id);
});

test("A run is found under its own source only", async () => {
  const source = uniqueName();
  const { run } = await runs.start(source, { kind: "pull", input: null });
  assert.equal(await runs.get(uniqueName(), run.id), null);
});

test("A run that ends while it is read never shows as abandoned", async () => {
  const other = createRuns({ connection: await testConnection(url) });
  for (let round = 0; round < 100; round++) {
    const source = uniqueName();
    const { run } = await runs.start(source, { kind: "pull", input: null });
    const reads = Array.from({ length: 20 }, () => runs.get(source, run.id));
    const [, ...seen] = await Promise.all([other.finish(source, run.id, "done", null), ...reads]);
    assert.ok(seen.every((one) => one !== null && one.state !== "failed"));
  }
});

test("Of one slot one run is running, of one kind several are", async () => {
  const source = uniqueName();
  const start = (slot: string) => runs.start(source, { kind: "pull", slot, input: null });
  const [one, other, again] = [await start("pull:a"), await start("pull:b"), await start("pull:a")];
  assert.deepEqual([one.isNew, other.isNew, again.isNew], [true, true, false]);
  assert.equal(again.run.id, one.run.id);
  assert.equal(await runs.update(source, one.run.id, null), true);
  await runs.finish(source, one.run.id, "done", null);
  assert.equal(await runs.update(source, one.run.id, null), false);
  assert.equal((await runs.get(source, other.run.id))?.state, "running");
  assert.equal((await start("pull:a")).isNew, true);
});

test("A run outlives the removal of its source", async () => {
  const source = uniqueName();
  const { run } = await runs.start(source, { kind: "verify", input: null });
  await purgeSource(connection, source);
  assert.equal((await runs.get(source, run.id))?.state, "running");
});
