import assert from "node:assert/strict";
import { test } from "node:test";
import { PermanentError, TransientError } from "@deskmirror/model";
import type { AccessToken } from "@deskmirror/model";
import { createMemoryTokens } from "@deskmirror/testing";
import type { MemoryTokens } from "@deskmirror/testing";
import { TOKEN_LEASE_MS, createTokenProvider } from "../src/oauth/token-provider.ts";

const { signal } = new AbortController();

interface World {
  nowMs: number;
  refreshes: number;
  readonly shared: MemoryTokens;
  /** What the token endpoint does. */
  answer: () => Promise<AccessToken>;
}

function createWorld(): World {
  const world: World = {
    nowMs: 1_000_000,
    refreshes: 0,
    shared: createMemoryTokens({ now: () => world.nowMs }),
    answer: async () => ({ token: `t${world.refreshes}`, expiresMs: world.nowMs + 3_600_000 }),
  };
  return world;
}

/** Another process, as far as tokens go. */
function createProcess(world: World) {
  return createTokenProvider({
    grant: "g",
    store: world.shared.store,
    leases: world.shared.leases,
    refresh: () => {
      world.refreshes += 1;
      return world.answer();
    },
    sleep: async (ms) => {
      world.nowMs += ms;
      await new Promise(setImmediate);
    },
    now: () => world.nowMs,
  });
}

test("many callers of many processes share one refresh", async () => {
  const world = createWorld();
  const processes = [createProcess(world), createProcess(world), createProcess(world)];
  const tokens = await Promise.all(Array.from({ length: 30 }, (_, index) => processes[index % 3]!.token(signal)));
  assert.deepEqual(new Set(tokens), new Set(["t1"]));
  assert.equal(world.refreshes, 1);
});

test("a token is renewed before it ends", async () => {
  const world = createWorld();
  const provider = createProcess(world);
  await provider.token(signal);
  world.nowMs += 3_500_000;
  assert.equal(await provider.token(signal), "t1");
  world.nowMs += 50_000;
  assert.equal(await provider.token(signal), "t2");
});

test("a refused token is refreshed once, and only while it is the current one", async () => {
  const world = createWorld();
  const [first, second] = [createProcess(world), createProcess(world)];
  const token = await first.token(signal);
  assert.equal(await second.token(signal), token);
  first.invalidate(token);
  assert.equal(await first.token(signal), "t2");
  second.invalidate(token);
  assert.equal(await second.token(signal), "t2");
  second.invalidate(token);
  assert.equal(await second.token(signal), "t2");
  assert.equal(world.refreshes, 2);
});

test("a refused grant is remembered by every process", async () => {
  const world = createWorld();
  world.answer = () => Promise.reject(new PermanentError("Zoho refused: invalid_code", { code: "invalid_code" }));
  await assert.rejects(createProcess(world).token(signal), { code: "invalid_code" });
  await assert.rejects(createProcess(world).token(signal), { code: "invalid_code", message: /generate a new code/ });
  assert.equal(world.refreshes, 1);
});

/** A process whose tokens live two minutes, all eight refreshes of ten minutes used up by refusals. */
async function useUpWindow(world: World) {
  world.answer = async () => ({ token: `t${world.refreshes}`, expiresMs: world.nowMs + 120_000 });
  const provider = createProcess(world);
  for (let count = 0; count < 8; count += 1) provider.invalidate(await provider.token(signal));
  assert.equal(world.refreshes, 8);
  return provider;
}

test("after eight refreshes in ten minutes nobody asks for a ninth, and the wait is said once the last token has ended", async () => {
  const world = createWorld();
  const provider = await useUpWindow(world);
  world.nowMs += 61_000;
  await assert.rejects(provider.token(signal), (error: unknown) => {
    assert.ok(error instanceof TransientError && error.code === "REFRESH_WINDOW");
    assert.ok(error.retryAfterMs !== null && error.retryAfterMs > 430_000);
    return true;
  });
  assert.equal(world.refreshes, 8);
  world.nowMs += 600_001;
  assert.equal(await provider.token(signal), "t9");
});

test("a storm of 401 used up the refreshes: the last token is tried again, for Zoho may take it now", async () => {
  const world = createWorld();
  const provider = await useUpWindow(world);
  assert.equal(await provider.token(signal), "t8");
  provider.invalidate("t8");
  assert.equal(await provider.token(signal), "t8");
  assert.equal(await provider.token(signal), "t8");
  assert.equal(world.refreshes, 8);
});

test("a process that froze through its lease does not overwrite its successor's token", async () => {
  const world = createWorld();
  const frozen = createProcess(world);
  let thaw = (): void => {};
  const ordinary = world.answer;
  world.answer = () =>
    new Promise((resolve) => (thaw = () => resolve({ token: "late", expiresMs: world.nowMs + 3_600_000 })));
  const late = frozen.token(signal);
  while (world.refreshes === 0) await new Promise(setImmediate);
  world.nowMs += 31_000;
  world.answer = ordinary;
  assert.equal(await createProcess(world).token(signal), "t2");
  thaw();
  assert.equal(await late, "t2");
  assert.equal((await world.shared.store.read("g"))?.token, "t2");
});

test("one that waits longer than two leases gives up for now", async () => {
  const world = createWorld();
  const { leases } = world.shared;
  const hold = await leases.acquire("token:g", { ttlMs: 1e9, keepAlive: true });
  await assert.rejects(createProcess(world).token(signal), { name: "TransientError", code: "TOKEN_LEASE" });
  await hold!.release();
  assert.equal(await createProcess(world).token(signal), "t1");
});

test("nango #1005: the lease of a process that died in a refresh holds nobody up longer than its time", async () => {
  const world = createWorld();
  const died = world.nowMs;
  await world.shared.leases.acquire("token:g", { ttlMs: TOKEN_LEASE_MS, keepAlive: false });
  assert.equal(await createProcess(world).token(signal), "t1");
  assert.ok(world.nowMs - died >= TOKEN_LEASE_MS && world.nowMs - died < TOKEN_LEASE_MS + 1_000);
});

test("a caller that is aborted leaves the refresh to the others", async () => {
  const world = createWorld();
  const provider = createProcess(world);
  const impatient = new AbortController();
  const [left, stayed] = [provider.token(impatient.signal), provider.token(signal)];
  impatient.abort(new Error("enough"));
  await assert.rejects(left, /enough/);
  assert.equal(await stayed, "t1");
});

test("renewing asks for a new token although the present one is good, under the lease and in the window", async () => {
  const world = createWorld();
  const [first, second] = [createProcess(world), createProcess(world)];
  assert.equal(await first.token(signal), "t1");
  await second.renew(signal);
  assert.equal(world.refreshes, 2);
  assert.deepEqual([await first.token(signal), await second.token(signal)], ["t1", "t2"]);
  const lease = await world.shared.leases.acquire("token:g", { ttlMs: 30_000, keepAlive: false });
  const renewing = second.renew(signal);
  await new Promise(setImmediate);
  assert.equal(world.refreshes, 2);
  await lease!.release();
  await renewing;
  assert.equal(world.refreshes, 3);
});

test("renewing shows that a grant is refused, and that it is not refused any more", async () => {
  const world = createWorld();
  const provider = createProcess(world);
  const { answer } = world;
  world.answer = () => Promise.reject(new PermanentError("Zoho refused: invalid_code", { code: "invalid_code" }));
  await assert.rejects(provider.renew(signal), { code: "invalid_code" });
  world.answer = answer;
  await assert.rejects(provider.token(signal), { code: "invalid_code" });
  await provider.renew(signal);
  assert.equal(await createProcess(world).token(signal), "t2");
});
