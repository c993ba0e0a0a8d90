import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createFaultProxy, startRedis } from "@deskmirror/testing";
import type { FaultProxy, TestRedis } from "@deskmirror/testing";
import { assertError, createClient } from "./support/api-client.ts";
import { withSync } from "./sync-process.ts";

let redis: TestRedis;
let proxy: FaultProxy;
before(async () => {
  redis = await startRedis();
  proxy = await createFaultProxy(redis.url);
});
after(async () => {
  await proxy.close();
  await redis.stop();
});

interface Readiness {
  readonly checks: Readonly<Record<string, { readonly ok: boolean; readonly message: string }>>;
}

describe("while Redis is away at the start", () => {
  test("sync is alive, says what it waits for, refuses the rest with a hint, and goes on once Redis is there", async () => {
    proxy.cut();
    await withSync({ REDIS_URL: proxy.url }, async (sync) => {
      const call = createClient(`http://127.0.0.1:${sync.port}`);
      await sync.until("/healthz", 200);
      const { checks } = (await sync.until("/readyz", 503)) as Readiness;
      assert.match(checks["redis"]?.message ?? "", /Redis is out of reach .*check REDIS_URL/);
      assert.equal((await call("get", "/metrics", null)).status, 200);
      for (const path of ["/", "/api/sources", "/api/nothing"]) {
        const refused = await call("get", path, null);
        assertError(refused, 503, /starting or ending/);
        assert.match(refused.body.error.hint, /readyz/);
      }
      proxy.restore();
      const ready = (await sync.until("/readyz", 200)) as Readiness;
      assert.deepEqual(Object.keys(ready.checks), ["redis", "sink", "sources"]);
      assert.equal((await call("get", "/api/sources", null)).status, 401);
      assert.equal((await call("get", "/api/sources")).status, 200);
      assert.equal(await sync.end("SIGTERM"), 0);
    });
  });

  test("SIGTERM ends it with exit code 0 and without a stack", async () => {
    proxy.cut();
    await withSync({ REDIS_URL: proxy.url }, async (sync) => {
      await sync.until("/healthz", 200);
      assert.equal(await sync.end("SIGTERM"), 0);
      assert.doesNotMatch(sync.output(), /crashed|"stack"/);
    });
    proxy.restore();
  });
});

describe("sync refuses to start, in words", () => {
  test("with a Redis that may lose what it holds, unless that is allowed, loudly", async () => {
    const unsafe = await startRedis(["--appendonly", "no"]);
    try {
      await withSync({ REDIS_URL: unsafe.url }, async (sync) => {
        assert.equal(await sync.end(), 1);
        assert.match(sync.output(), /appendonly yes/);
      });
      await withSync({ REDIS_URL: unsafe.url, ALLOW_UNSAFE_REDIS: "true" }, async (sync) => {
        await sync.until("/readyz", 200);
        assert.match(sync.output(), /ALLOW_UNSAFE_REDIS is true/);
      });
    } finally {
      await unsafe.stop();
    }
  });

  test("with a Redis that another sync works with, whose sources stay published", async () => {
    await withSync({ REDIS_URL: redis.url }, async (first) => {
      await first.until("/readyz", 200);
      const call = createClient(`http://127.0.0.1:${first.port}`);
      const body = { name: "theirs", orgId: "1", clientId: "1000.X", clientSecret: "s" };
      await call("post", "/api/sources").send(body).expect(201);
      const SECRET_KEY = Buffer.alloc(32, 9).toString("base64");
      await withSync({ REDIS_URL: redis.url, SECRET_KEY }, async (second) => {
        assert.equal(await second.end(), 1);
        assert.match(second.output(), /^REDIS_URL: this Redis holds sources .* give each a Redis of its own/m);
      });
    });
  });

  test("with a port that is taken, by the variable's name", async () => {
    await withSync({ REDIS_URL: redis.url }, async (first) => {
      await first.until("/readyz", 200);
      await withSync({ REDIS_URL: redis.url, SYNC_PORT: String(first.port) }, async (second) => {
        assert.equal(await second.end(), 1);
        assert.match(second.output(), /cannot listen \(.*EADDRINUSE.*\): see SYNC_PORT and BIND_HOST/);
        assert.doesNotMatch(second.output(), /crashed|"stack"/);
      });
    });
  });

  test("with a bad SINK_URL and others missing, all by name, in words that are not taken out", async () => {
    await withSync({ SINK_URL: "sqlite:/etc/desk.db", ADMIN_TOKEN: "", RECONCILE_SECONDS: "1" }, async (sync) => {
      assert.equal(await sync.end(), 1);
      for (const problem of [
        /^ {2}SINK_URL is refused: \/etc\/desk\.db does not lie in DATA_DIR/m,
        /^ {2}ADMIN_TOKEN is not set; set it \(or ADMIN_TOKEN_FILE\): bearer token of admin API and console$/m,
        /^ {2}RECONCILE_SECONDS must be/m,
      ]) {
        assert.match(sync.output(), problem);
      }
    });
  });

  test("with a sink of metadata, by the name of SINK_URL", async () => {
    await withSync({ REDIS_URL: redis.url, SINK_URL: "postgres://u:s3cret@169.254.169.254/d" }, async (sync) => {
      assert.equal(await sync.end(), 1);
      assert.match(sync.output(), /^SINK_URL: 169\.254\.169\.254 serves the metadata/m);
      assert.doesNotMatch(sync.output(), /s3cret|"stack"/);
    });
  });
});
