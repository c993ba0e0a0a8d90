import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { ConfigError } from "@deskmirror/model";
import { createDeliveryQueue } from "../src/delivery-queue.ts";
import { createDueSet } from "../src/due-set.ts";
import { createGaps } from "../src/gaps.ts";
import { createLedger } from "../src/ledger.ts";
import { REGISTRY } from "../src/registry-entry.ts";
import { createServiceKey } from "../src/service-key.ts";
import { group } from "./groups.ts";
import { until } from "./redis.ts";
import { client, connection, createVault, dataSource, hide, known, open, openReader } from "./registry-stage.ts";

const gaps = createGaps({ connection });

test("when Redis was emptied, known keys stay known, others become uncertain, and publishing makes it whole", async () => {
  const registry = open();
  const source = dataSource();
  await registry.create(source);
  const reader = await openReader();
  let news = 0;
  const end = registry.onChange(() => news++);
  await sleep(100);
  assert.equal(await registry.publish(), false);
  await until(() => news > 0, 2_000);
  news = 0;
  await client.del(REGISTRY.version, REGISTRY.entries);
  assert.equal(await registry.isPublished(), false);
  await reader.refresh();
  assert.equal(known(reader.find(source.serviceKey)).state, "current");
  assert.deepEqual(reader.find(createServiceKey()), { unknown: true, certain: false });
  await until(() => news > 0, 7_000);
  end();
  assert.equal(await registry.publish(), true);
  await reader.refresh();
  assert.deepEqual(reader.find(createServiceKey()), { unknown: true, certain: true });
});

test("A19: a Redis emptied while no process looked opens a gap from what was in flight, else from the last look", async () => {
  const vault = createVault();
  const [busy, idle] = [dataSource("busy"), dataSource("idle")];
  const before = open(vault);
  await before.create(busy);
  await before.create(idle);
  const queue = createDeliveryQueue({ connection });
  await queue.add(group(busy.name, 2));
  await sleep(20);
  const lookedMs = Date.now();
  assert.equal(await before.look(), false);
  const acceptedMs = await createLedger({ connection }).oldestMs(busy.name);
  assert.ok(acceptedMs !== null && acceptedMs < lookedMs);

  await client.flushall();
  const after = open(vault);
  const late = dataSource("late", { createdMs: Date.now() });
  await after.create(late);
  const [gap, ...others] = await gaps.list(busy.name);
  assert.deepEqual([gap?.reason, gap?.state, gap?.fromMs, others], ["queue lost", "open", acceptedMs, []]);
  const fromMs = (await gaps.list(idle.name))[0]?.fromMs ?? 0;
  assert.ok(fromMs >= lookedMs && fromMs <= Date.now(), String(fromMs));
  assert.deepEqual(await gaps.list(late.name), []);

  await client.flushall();
  assert.equal(await after.publish(), true);
  assert.equal((await gaps.list(late.name))[0]?.fromMs, late.createdMs);
  await client.flushall();
  assert.equal(await after.look(), true);
  assert.equal(await after.look(), false);
  assert.equal((await gaps.list(late.name)).length, 1);
  await queue.close();
});

test("gaps outlive an emptied Redis, with the children that were due: what it has by then stays", async () => {
  const vault = createVault();
  const registry = open(vault);
  const due = createDueSet({ connection });
  const source = dataSource();
  const { name } = source;
  await registry.create(source);
  await gaps.open(name, "answered 413", 2_000);
  await sleep(5);
  const closedMs = Date.now();
  await gaps.close(name, closedMs);
  await gaps.open(name, "ingest down", 5_000);
  await due.add(name, [{ stream: "ticket_comments", parentKey: "1" }]);
  const dueMs = await due.oldestMs(name);
  await sleep(5);
  assert.equal(await registry.look(), false);
  for (const text of vault.texts.values()) assert.ok(!text.includes("answered 413"), "sealed");

  await client.flushall();
  await gaps.open(name, "ingest down", 9_000);
  assert.equal(await registry.look(), true);
  const expected = [
    { fromMs: dueMs, toMs: null, reason: "queue lost", state: "open" },
    { fromMs: 5_000, toMs: null, reason: "ingest down", state: "open" },
    { fromMs: 2_000, toMs: closedMs, reason: "answered 413", state: "closed" },
  ];
  assert.deepEqual(await gaps.list(name), expected);
  assert.equal(await due.lostSinceMs(name), dueMs);
  await client.del(REGISTRY.version);
  assert.equal(await registry.look(), true);
  assert.deepEqual(await gaps.list(name), expected, "twice is once");
  await registry.remove(name);
  assert.ok(![...vault.texts.keys()].some((text) => text.includes("gaps")));
});

test("a sink that was dropped and made again gets the sources back, sealed, from Redis; nobody's answer lacks them", async () => {
  const registry = open();
  const [kept, removed] = [dataSource("kept"), dataSource("removed", { webhookId: "w1" })];
  await registry.create(kept);
  await registry.create(removed);
  const rotated = await registry.rotateKey(kept.name, { graceMs: 60_000 });
  await registry.remove(removed.name);

  const empty = createVault();
  const after = open(empty);
  assert.deepEqual(await after.list(), [rotated]);
  assert.deepEqual(
    (await after.removals()).map(({ source }) => source.name),
    ["removed"],
  );
  assert.equal(await after.look(), false);
  const reader = await openReader();
  assert.equal(known(reader.find(kept.serviceKey)).state, "grace");
  assert.equal(known(reader.find(removed.serviceKey)).state, "removed");
  assert.equal(JSON.stringify([...empty.texts]).includes(hide.secret), false);
  await assert.rejects(after.create(kept), { code: "SOURCE_EXISTS" });
});

test("a sink that was restored gets what changed of the sources since, and a gap from the time it went back to", async () => {
  const vault = createVault();
  const registry = open(vault);
  const [own, other] = [dataSource("own", { sinkUrl: null }), dataSource("other")];
  await registry.create(own);
  await registry.create(other);
  await registry.look();
  const backup = new Map(vault.texts);
  const backedUpMs = Date.now();
  await registry.update(own.name, { webhookId: "w2" });
  const late = dataSource("late");
  await registry.create(late);
  await sleep(5);
  await registry.look();

  vault.texts.clear();
  for (const [name, sealed] of backup) vault.texts.set(name, sealed);
  assert.equal((await registry.get(own.name))?.webhookId, null);
  await registry.look();
  assert.equal((await registry.get(own.name))?.webhookId, "w2");
  assert.deepEqual(
    (await registry.list()).map(({ name }) => name),
    ["late", "other", "own"],
  );
  await registry.look();
  const [gap] = await gaps.list(own.name);
  assert.equal(gap?.reason, "sink restored");
  assert.ok(gap.fromMs <= backedUpMs && gap.fromMs > backedUpMs - 5_000, String(gap.fromMs));
  assert.deepEqual(await gaps.list(other.name), [], "its rows are in a sink of its own");
});

test("processes that look at the same time take no sink for restored", async () => {
  const vault = createVault();
  const registries = [open(vault), open(vault), open(vault)];
  const source = dataSource();
  await registries[0]!.create(source);
  for (let look = 0; look < 20; look++) await Promise.all(registries.map((registry) => registry.look()));
  assert.deepEqual(await gaps.list(source.name), []);
});

test("a sink that holds other sources is believed, whatever Redis has of those before", async () => {
  const theirs = createVault();
  await open(theirs).create(dataSource("theirs"));
  await client.flushall();
  await open().create(dataSource("ours"));
  const registry = open(theirs);
  await registry.publish();
  assert.deepEqual(
    (await registry.list()).map(({ name }) => name),
    ["theirs"],
  );
});

test("a Redis that holds the sources of another sync, sealed with another key, is left as it is", async () => {
  await client.flushall();
  await open(createVault(), randomBytes(32).toString("base64")).create(dataSource("theirs"));
  const before = await client.get(REGISTRY.version);
  const registry = open(createVault());
  const create = () => registry.create(dataSource("ours"));
  for (const attempt of [registry.assertOurs, registry.publish, registry.look, create]) {
    await assert.rejects(attempt, (error: unknown) => {
      assert.ok(error instanceof ConfigError);
      assert.match(error.message, /give each a Redis of its own/);
      return true;
    });
  }
  assert.equal(await client.get(REGISTRY.version), before);
  await client.flushall();
  await registry.publish();
});

test("the very first start opens no gap", async () => {
  await client.flushall();
  const registry = open();
  assert.equal(await registry.publish(), true);
  const source = dataSource();
  await registry.create(source);
  assert.equal(await registry.look(), false);
  assert.deepEqual(await gaps.list(source.name), []);
});
