import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createFaultProxy } from "@deskmirror/testing";
import { sharedKey } from "../src/keys.ts";
import { createLeases } from "../src/leases.ts";
import { createSealer } from "../src/sealer.ts";
import { createTokenStore } from "../src/token-store.ts";
import { atEnd, testConnection, testRedis, uniqueName } from "./redis.ts";

const url = await testRedis();
const connection = await testConnection(url);
const leases = createLeases({ connection });
const tokens = createTokenStore({ connection, seal: createSealer({ key: randomBytes(32).toString("base64") }) });

const brief = { ttlMs: 300, keepAlive: false };

test("epochs go on rising after Redis was emptied", async () => {
  const name = uniqueName();
  const first = await leases.acquire(name, brief);
  await connection.client.del(sharedKey("lease", name), sharedKey("lease", name, "epoch"));
  await sleep(2);
  const second = await leases.acquire(name, brief);
  assert.ok(first !== null && second !== null && second.epoch > first.epoch);
});

test("a lease that somebody else took is lost at the next renewal", async () => {
  const name = uniqueName();
  const lease = await leases.acquire(name, { ttlMs: 300, keepAlive: true });
  assert.ok(lease !== null);
  await connection.client.set(sharedKey("lease", name), "somebody else");
  await once(lease.signal, "abort");
  await lease.release();
  assert.equal(await connection.client.get(sharedKey("lease", name)), "somebody else");
});

test("a holder that cannot reach Redis believes in its lease no longer than its time", async () => {
  const proxy = await createFaultProxy(url);
  atEnd(() => proxy.close());
  const cutOff = createLeases({ connection: await testConnection(proxy.url) });
  const lease = await cutOff.acquire(uniqueName(), { ttlMs: 400, keepAlive: true });
  assert.ok(lease !== null);
  const startedMs = performance.now();
  proxy.cut();
  await once(lease.signal, "abort");
  assert.ok(performance.now() - startedMs <= 450);
  await lease.release();
});

const token = { token: "1000.aaaa.bbbb", expiresMs: 1_700_000_000_000 };

test("a token is read as it was written, and is not to be read in Redis", async () => {
  const grant = uniqueName();
  const lease = await leases.acquire(grant, brief);
  assert.ok(lease !== null);
  assert.equal(await tokens.read(grant), null);
  assert.equal(await tokens.write(grant, token, lease), true);
  assert.deepEqual(await tokens.read(grant), token);
  const stored = JSON.stringify(await connection.client.hgetall(sharedKey("grant", grant, "token")));
  assert.ok(!stored.includes("aaaa"), stored);
});

test("a token sealed with a key that is gone counts as none", async () => {
  const grant = uniqueName();
  const lease = await leases.acquire(grant, brief);
  assert.ok(lease !== null);
  await tokens.write(grant, token, lease);
  const other = createTokenStore({ connection, seal: createSealer({ key: randomBytes(32).toString("base64") }) });
  assert.equal(await other.read(grant), null);
});

test("a token of a late holder does not replace that of a newer one", async () => {
  const grant = uniqueName();
  const late = await leases.acquire(grant, { ttlMs: 5_000, keepAlive: false });
  assert.ok(late !== null);
  await connection.client.del(sharedKey("lease", grant));
  const newer = await leases.acquire(grant, brief);
  assert.ok(newer !== null);
  assert.equal(await tokens.write(grant, token, newer), true);
  assert.equal(await tokens.write(grant, { ...token, token: "late" }, late), false);
  assert.deepEqual(await tokens.read(grant), token);
});

test("a holder that knows its lease is lost writes no token", async () => {
  const grant = uniqueName();
  const lease = await leases.acquire(grant, { ttlMs: 50, keepAlive: false });
  assert.ok(lease !== null);
  await once(lease.signal, "abort");
  assert.equal(await tokens.write(grant, token, lease), false);
  assert.equal(await tokens.read(grant), null);
});

test("eight refreshes fit into ten minutes, over all processes; the ninth is told how long to wait", async () => {
  const grant = uniqueName();
  const other = createTokenStore({
    connection: await testConnection(url),
    seal: createSealer({ key: "A".repeat(43) + "=" }),
  });
  const waits = await Promise.all(
    Array.from({ length: 8 }, (_, i) => (i % 2 === 0 ? tokens : other).countRefresh(grant)),
  );
  assert.deepEqual(
    waits,
    Array.from({ length: 8 }, () => 0),
  );
  const wait = await tokens.countRefresh(grant);
  assert.ok(wait > 590_000 && wait <= 600_000, String(wait));
  const key = sharedKey("grant", grant, "refreshes");
  const [oldest = ""] = await connection.client.zrange(key, 0, "0");
  await connection.client.zincrby(key, -600_001, oldest);
  assert.equal(await tokens.countRefresh(grant), 0);
  assert.ok((await tokens.countRefresh(grant)) > 0);
});

test("a refused grant is remembered until it is forgotten", async () => {
  const grant = uniqueName();
  assert.equal(await tokens.isRefused(grant), false);
  await tokens.setRefused(grant, true);
  assert.equal(await tokens.isRefused(grant), true);
  await tokens.setRefused(grant, false);
  assert.equal(await tokens.isRefused(grant), false);
});
