import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createFaultProxy, freePort, startRedis } from "@deskmirror/testing";
import { ask } from "../src/ask.ts";
import { connectRedis } from "../src/connection.ts";
import { atEnd, recordLog, testConnection, testRedis, until } from "./redis.ts";

const url = await testRedis();
const proxy = await createFaultProxy(url);
atEnd(() => proxy.close());

test("a process starts while Redis is down, says so once, and works when Redis comes", async () => {
  proxy.cut();
  const { log, lines } = recordLog();
  const connection = connectRedis({ url: proxy.url, role: "ingest", log });
  await sleep(700);
  assert.equal(connection.status().ok, false);
  assert.match(connection.status().message, /REDIS_URL/);
  await assert.rejects(ask(connection.client.ping()), { name: "TransientError", code: "REDIS" });
  proxy.restore();
  await connection.ready(AbortSignal.timeout(2_000));
  assert.equal(await ask(connection.client.ping()), "PONG");
  assert.equal(connection.status().ok, true);
  assert.ok(lines.length <= 2, lines.join("\n"));
  await connection.close();
});

test("ingest gives up on a Redis that does not answer within 600 ms and goes on when it does", async () => {
  const connection = await testConnection(proxy.url, { role: "ingest" });
  proxy.freeze();
  for (const _ of [1, 2]) {
    const startedMs = performance.now();
    await assert.rejects(ask(connection.client.set("a", "b")), { name: "TransientError" });
    assert.ok(performance.now() - startedMs < 600);
  }
  proxy.restore();
  await until(async () => (await ask(connection.client.ping()).catch(() => "")) === "PONG", 4_000);
});

test("sync says that it is not ready at once when Redis stands still, not only when the silence has lasted", async () => {
  const connection = await testConnection(proxy.url, { role: "sync" });
  assert.deepEqual(await connection.check(), { ok: true, message: "answers" });
  proxy.freeze();
  // `/readyz` waits a second for a check.
  assert.equal(await Promise.race([connection.check(), sleep(1_000, "no answer")]), "no answer");
  proxy.restore();
  assert.equal((await connection.check()).ok, true);
  proxy.cut();
  await until(() => !connection.status().ok);
  assert.match((await connection.check()).message, /REDIS_URL/);
  proxy.restore();
});

test("a Redis that is full and takes nothing is not ready, although it answers", async () => {
  const full = await startRedis(["--maxmemory", "100"]);
  atEnd(() => full.stop());
  const connection = await testConnection(full.url, { role: "sync" });
  await assert.rejects(ask(connection.client.set("a", "b")), /OOM/);
  const { ok, message } = await connection.check();
  assert.equal(ok, false);
  assert.match(message, /raise maxmemory/);
});

test("a lost connection is back within a second of Redis being back, and channels are heard again", async () => {
  const connection = await testConnection(proxy.url);
  const heard: string[] = [];
  let beginnings = 0;
  const end = connection.subscribe("news", {
    onMessage: (message) => heard.push(message),
    onHeard: () => beginnings++,
  });
  await until(async () => (await connection.client.publish("news", "first")) === 1);
  proxy.cut();
  await until(() => !connection.status().ok);
  await sleep(1_500);
  proxy.restore();
  const restoredMs = performance.now();
  await connection.ready();
  assert.ok(performance.now() - restoredMs < 1_200);
  await until(async () => (await connection.client.publish("news", "second")) === 1, 3_000);
  await until(() => heard.includes("second"));
  assert.equal(beginnings, 2);
  end();
  await until(async () => (await connection.client.publish("news", "third")) === 0);
  assert.ok(!heard.includes("third"));
});

test("waiting for Redis ends when the signal does", async () => {
  const connection = connectRedis({ url: `redis://127.0.0.1:${await freePort()}`, role: "sync" });
  await assert.rejects(connection.ready(AbortSignal.timeout(50)), { name: "TimeoutError" });
  await connection.close();
});

test("memory is told in bytes, without a maximum when Redis has none", async () => {
  const connection = await testConnection(url);
  const { usedBytes, maxBytes } = await connection.memory();
  assert.ok(usedBytes > 100_000);
  assert.equal(maxBytes, null);
});

test("a Redis that keeps what it is given is safe; one that may lose it is told what to change", async () => {
  const safe = await testConnection(url);
  assert.equal(await safe.checkSafety(), null);
  const args = ["--appendonly", "no", "--maxmemory", "50mb", "--maxmemory-policy", "allkeys-lru"];
  const lossy = await startRedis(args);
  const connection = connectRedis({ url: lossy.url, role: "sync" });
  await connection.ready();
  const complaint = await connection.checkSafety();
  assert.match(complaint ?? "", /appendonly yes/);
  assert.match(complaint ?? "", /maxmemory-policy is allkeys-lru/);
  assert.equal((await connection.memory()).maxBytes, 50 * 1024 * 1024);
  await connection.close();
  await lossy.stop();
});

test("a password shows neither in the log nor in the status nor in an error, right or wrong", async () => {
  const password = "open-sesame-4711";
  const redis = await startRedis(["--requirepass", "another"]);
  const { log, lines } = recordLog();
  const connection = connectRedis({ url: redis.url.replace("//", `//:${password}@`), role: "sync", log });
  await until(() => lines.length > 0);
  const error: unknown = await ask(connection.client.set("a", password)).catch((thrown: unknown) => thrown);
  assert.ok(error instanceof Error);
  const said = [
    ...lines,
    connection.status().message,
    error.message,
    JSON.stringify(error),
    String(error.cause),
  ].join();
  assert.match(said, /WRONGPASS/);
  assert.ok(!said.includes(password), said);
  await connection.close();
  await redis.stop();
});
