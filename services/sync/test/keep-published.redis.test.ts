import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { connectRedis, createDeadLetters, createGaps, createSealer, createSourceRegistry } from "@deskmirror/redis";
import type { RedisConnection } from "@deskmirror/redis";
import { createLog } from "@deskmirror/runtime";
import { createMemorySink } from "@deskmirror/sinks";
import { startRedis, testDataSource } from "@deskmirror/testing";
import type { TestRedis } from "@deskmirror/testing";
import { keepPublished } from "../src/keep-published.ts";

let servers: readonly TestRedis[];
before(async () => {
  // A second Redis is what the first is after it was emptied.
  servers = await Promise.all([startRedis(), startRedis()]);
});
after(() => Promise.all(servers.map((server) => server.stop())));

const { vault } = createMemorySink();
const seal = createSealer({ key: Buffer.alloc(32, 7).toString("base64") });

/** A process of sync as far as it keeps the sources published, for as long as `use` takes. */
async function withKeeper(url: string, use: (connection: RedisConnection) => Promise<void>): Promise<void> {
  const connection = connectRedis({ url, role: "sync" });
  await connection.ready();
  const end = new AbortController();
  const keeper = keepPublished({
    registry: createSourceRegistry({ connection, vault, seal }),
    mirrors: { get: () => null, problem: () => null, follow: async () => {}, close: async () => {} },
    deadLetters: createDeadLetters({ connection }),
    lookAtSink: async () => {},
    lookAtKeys: async () => {},
    auditLedgers: async () => {},
    lookAtRemovals: async () => {},
    log: createLog({ service: "sync", level: "silent" }),
    signal: end.signal,
  });
  while (!keeper.check().ok) await sleep(20);
  await use(connection);
  end.abort();
  await keeper.ended();
  await connection.close();
}

test(
  "A19: what a Redis lost while sync was down is a gap, from when sync last saw it whole",
  { timeout: 30_000 },
  async () => {
    const [one, emptied] = servers.map(({ url }) => url);
    const source = testDataSource({ createdMs: 1 });
    await withKeeper(one!, async (connection) => {
      await createSourceRegistry({ connection, vault, seal }).create(source);
      const wroteMs = Date.now();
      const seenBefore = (await vault.all()).get("redis-seen");
      while ((await vault.all()).get("redis-seen") === seenBefore) await sleep(50);
      assert.ok(Date.now() - wroteMs < 8_000);
      assert.deepEqual(await createGaps({ connection }).list(source.name), []);
    });
    const endedMs = Date.now();
    await withKeeper(one!, async (connection) => {
      assert.deepEqual(await createGaps({ connection }).list(source.name), [], "nothing was lost");
    });
    await sleep(50);
    await withKeeper(emptied!, async (connection) => {
      const [gap, ...others] = await createGaps({ connection }).list(source.name);
      assert.deepEqual([gap?.reason, gap?.state, others], ["queue lost", "open", []]);
      assert.ok(gap!.fromMs > endedMs - 8_000 && gap!.fromMs <= Date.now(), String(gap!.fromMs - endedMs));
    });
  },
);
