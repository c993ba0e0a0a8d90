import assert from "node:assert/strict";
import { test } from "node:test";
import { sourceKey } from "../src/keys.ts";
import { createRuns } from "../src/runs.ts";
import { testConnection, testRedis, uniqueName } from "./redis.ts";

const url = await testRedis();
const connection = await testConnection(url);
const { client } = connection;
const runs = createRuns({ connection });

/** What time does to a run that nobody keeps alive. */
const fallSilent = (source: string, kind: string) => client.del(sourceKey(source, "running", kind));

test("A run is one of its kind until it is finished, and is kept with its result", async () => {
  const source = uniqueName();
  const { run, isNew } = await runs.start(source, "pull", { tables: ["tickets"] });
  assert.equal(isNew, true);
  assert.equal(run.state, "running");
  assert.deepEqual(run.input, { tables: ["tickets"] });
  const again = await runs.start(source, "pull", null);
  assert.deepEqual([again.isNew, again.run.id], [false, run.id]);
  assert.equal((await runs.start(source, "verify", null)).isNew, true);

  await runs.update(source, run.id, { rows: 1 });
  assert.deepEqual((await runs.running(source, "pull"))?.result, { rows: 1 });
  await runs.finish(source, run.id, "done", { rows: 2 });
  await runs.finish(source, run.id, "failed", null);
  const done = await runs.get(source, run.id);
  assert.deepEqual([done?.state, done?.result, done?.finishedMs === null], ["done", { rows: 2 }, false]);
  assert.equal(await runs.running(source, "pull"), null);
  assert.equal((await runs.start(source, "pull", null)).isNew, true);
});

test("Of several processes that start a run at once, one does", async () => {
  const source = uniqueName();
  const started = await Promise.all(Array.from({ length: 10 }, () => runs.start(source, "pull", null)));
  assert.equal(started.filter(({ isNew }) => isNew).length, 1);
  assert.equal(new Set(started.map(({ run }) => run.id)).size, 1);
});

test("A running run is believed for 30 s after each update, and an update renews that", async () => {
  const source = uniqueName();
  const { run } = await runs.start(source, "pull", null);
  const alive = sourceKey(source, "running", "pull");
  const leftMs = await client.pttl(alive);
  assert.ok(leftMs > 25_000 && leftMs <= 30_000, `${leftMs} ms`);
  await client.pexpire(alive, 1_000);
  await runs.update(source, run.id, null);
  assert.ok((await client.pttl(alive)) > 25_000);
});

test("A run whose process died shows as failed and makes way for a new one", async () => {
  const source = uniqueName();
  const { run } = await runs.start(source, "pull", null);
  await fallSilent(source, "pull");
  const abandoned = await runs.get(source, run.id);
  assert.equal(abandoned?.state, "failed");
  assert.partialDeepStrictEqual(abandoned.result, { error: { code: "ABANDONED", hint: "Start it again." } });
  assert.equal(await runs.running(source, "pull"), null);
  assert.equal((await runs.start(source, "pull", null)).isNew, true);
});

test("A run that was only slow lives again with its next update, unless it was replaced", async () => {
  const source = uniqueName();
  const { run: slow } = await runs.start(source, "pull", null);
  await fallSilent(source, "pull");
  await runs.update(source, slow.id, null);
  assert.equal((await runs.get(source, slow.id))?.state, "running");

  await fallSilent(source, "pull");
  const { run: next } = await runs.start(source, "pull", null);
  await runs.update(source, slow.id, { late: true });
  assert.equal((await runs.running(source, "pull"))?.id, next.id);
  assert.equal((await runs.get(source, slow.id))?.state, "failed");
  await runs.finish(source, slow.id, "done", null);
  assert.equal((await runs.running(source, "pull"))?.id, next.id);
});

test("A run is found under its own source only", async () => {
  const source = uniqueName();
  const { run } = await runs.start(source, "pull", null);
  assert.equal(await runs.get(uniqueName(), run.id), null);
});

test("A run that ends while it is read never shows as abandoned", async () => {
  const other = createRuns({ connection: await testConnection(url) });
  for (let round = 0; round < 100; round++) {
    const source = uniqueName();
    const { run } = await runs.start(source, "pull", null);
    const reads = Array.from({ length: 20 }, () => runs.get(source, run.id));
    const [, ...seen] = await Promise.all([other.finish(source, run.id, "done", null), ...reads]);
    assert.ok(seen.every((one) => one !== null && one.state !== "failed"));
  }
});
