import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createFaultProxy, startPostgres, startRedis } from "@deskmirror/testing";
import type { FaultProxy, TestPostgres, TestRedis } from "@deskmirror/testing";
import { withSync } from "./sync-process.ts";

let redis: TestRedis;
let postgres: TestPostgres;
let proxy: FaultProxy;
before(async () => {
  [redis, postgres] = await Promise.all([startRedis(), startPostgres()]);
  proxy = await createFaultProxy(postgres.url);
});
after(async () => {
  await proxy.close();
  await Promise.all([redis.stop(), postgres.stop()]);
});

test("with PostgreSQL out of reach sync is alive, tries again and says so, and goes on once it is there", async () => {
  proxy.cut();
  await withSync({ REDIS_URL: redis.url, SINK_URL: proxy.url }, async (sync) => {
    await sync.until("/healthz", 200);
    const { checks } = (await sync.until("/readyz", 503)) as { checks: { sink: { ok: boolean; message: string } } };
    assert.equal(checks.sink.ok, false);
    assert.match(checks.sink.message, /SINK_URL/);
    while (sync.output().split("the sink of SINK_URL cannot be opened yet").length < 3)
      await sync.until("/healthz", 200);
    proxy.restore();
    await sync.until("/readyz", 200);
    proxy.cut();
    await sync.until("/readyz", 503);
    proxy.restore();
    await sync.until("/readyz", 200);
    assert.equal(await sync.end("SIGTERM"), 0);
  });
});

test("SIGTERM while the sink is out of reach ends sync with exit code 0", async () => {
  proxy.cut();
  await withSync({ REDIS_URL: redis.url, SINK_URL: proxy.url }, async (sync) => {
    await sync.until("/healthz", 200);
    assert.equal(await sync.end("SIGTERM"), 0);
    assert.doesNotMatch(sync.output(), /crashed|"stack"/);
  });
  proxy.restore();
});
