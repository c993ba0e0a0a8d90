import assert from "node:assert/strict";
import { appendFile, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { TestContext } from "node:test";
import { sleep } from "@deskmirror/runtime";
import { startRedis } from "@deskmirror/testing";
import request from "supertest";
import { openBackend } from "./support/backend.ts";
import type { Backend } from "./support/backend.ts";
import { newSpoolDir, startIngest, until } from "./support/ingest-process.ts";
import type { IngestProcess, StartOptions } from "./support/ingest-process.ts";
import { startProxy } from "./support/proxy.ts";
import type { Proxy } from "./support/proxy.ts";

/** A Redis behind a way that can be cut, one source, and whatever ingests a test starts. */
interface Stage {
  readonly backend: Backend;
  readonly proxy: Proxy;
  readonly path: string;
  readonly spoolDir: string;
  readonly start: (options?: Partial<StartOptions>) => Promise<IngestProcess>;
}

async function setStage(t: TestContext, redisArguments: readonly string[] = []): Promise<Stage> {
  const releases: (() => Promise<unknown>)[] = [];
  t.after(async () => {
    for (const release of releases.toReversed()) await release();
  });
  const redis = await startRedis(redisArguments);
  releases.push(() => redis.stop());
  const proxy = await startProxy(Number(new URL(redis.url).port));
  releases.push(() => proxy.close());
  const backend = await openBackend(redis.url);
  releases.push(() => backend.close());
  const path = await backend.addSource("acme");
  const { dir, remove } = await newSpoolDir();
  releases.push(remove);
  return {
    backend,
    proxy,
    path,
    spoolDir: dir,
    async start(options) {
      const redisUrl = `redis://127.0.0.1:${proxy.port}`;
      const ingest = await startIngest({ redisUrl, spoolDir: dir, ...options });
      releases.push(() => ingest.end("SIGKILL"));
      return ingest;
    },
  };
}

const isReady = (ingest: IngestProcess) => async () => (await ingest.ready()).status === 200;
const bodyOf = (id: string) => JSON.stringify([{ eventType: "Ticket_Add", payload: { id, text: "x".repeat(200) } }]);

interface Sent {
  readonly id: string;
  readonly status: number;
  readonly tookMs: number;
}

async function send(ingest: IngestProcess, path: string, id: string): Promise<Sent> {
  const startMs = performance.now();
  const delivery = request(ingest.url).post(path).set("Content-Type", "application/json").send(bodyOf(id));
  const status = await delivery.then(
    (res) => res.status,
    () => 0, // killed before it answered
  );
  return { id, status, tookMs: performance.now() - startMs };
}

/** So many deliveries, one each 10 ms, whether the ones before were answered or not. */
async function sendMany(ingest: IngestProcess, path: string, name: string, count: number): Promise<readonly Sent[]> {
  const sent: Promise<Sent>[] = [];
  for (let n = 0; n < count; n++) {
    sent.push(send(ingest, path, `${name}-${n}`));
    await sleep(10);
  }
  return Promise.all(sent);
}

/** What was answered 200 is in the queue, once, and counted; what a killed ingest did not answer may be. */
async function assertAllStored(backend: Backend, sent: readonly Sent[]): Promise<void> {
  const bodiesOf = (status: number) => sent.filter((each) => each.status === status).map(({ id }) => bodyOf(id));
  const [accepted, unanswered] = [bodiesOf(200), new Set(bodiesOf(0))];
  await until("all is in the queue", async () => (await backend.counts("acme")).accepted >= accepted.length);
  const bodies = (await backend.takeAll("acme")).deliveries.map(({ body }) => body);
  assert.deepEqual(bodies.filter((body) => !unanswered.has(body)).toSorted(), accepted.toSorted());
  assert.equal(new Set(bodies).size, bodies.length);
  const { accepted: counted, applied, inFlight, unaccounted } = await backend.counts("acme");
  assert.deepEqual([counted, applied, inFlight, unaccounted], [bodies.length, bodies.length, 0, 0]);
}

async function assertNothingLost(backend: Backend): Promise<void> {
  const gaps = await backend.gaps("acme");
  assert.deepEqual(
    gaps.map(({ reason }) => reason).filter((reason) => reason === "spool lost"),
    [],
  );
}

async function assertSpoolEmpty(dir: string): Promise<void> {
  const names = async () => (await readdir(dir)).filter((name) => !name.startsWith("sources.json"));
  await until("the spool holds nothing but its index", async () => (await names()).join() === "index");
  assert.deepEqual(await readdir(join(dir, "index")), []);
}

const assertFast = (sent: readonly Sent[]) => {
  for (const { id, tookMs } of sent) assert.ok(tookMs < 1_000, `${id} took ${tookMs} ms`);
};

describe("Redis away (I1, I12)", { concurrency: 2 }, () => {
  for (const fault of ["freeze", "cut"] as const) {
    test(`a Redis ${fault === "cut" ? "cut off" : "frozen"} in the middle: each answer 200 within a second, nothing lost`, async (t) => {
      const { backend, proxy, path, spoolDir, start } = await setStage(t);
      const ingest = await start();
      await until("ready", isReady(ingest));
      const before = await sendMany(ingest, path, "before", 30);
      proxy[fault]();
      const during = await sendMany(ingest, path, "during", 150);
      assert.ok((await readdir(join(spoolDir, "index"))).length > 0, "something must be in the spool");
      proxy.restore();
      const afterwards = await sendMany(ingest, path, "after", 30);
      const sent = [...before, ...during, ...afterwards];
      assert.deepEqual(new Set(sent.map(({ status }) => status)), new Set([200]));
      assertFast(sent);
      await assertSpoolEmpty(spoolDir);
      await until("ready again", isReady(ingest));
      await assertAllStored(backend, sent);
    });
  }

  for (const fault of ["freeze", "cut"] as const) {
    test(`a Redis ${fault === "cut" ? "down" : "frozen"} at start: ingest starts and serves all the same`, async (t) => {
      const { backend, proxy, path, spoolDir, start } = await setStage(t);
      const first = await start();
      await until("ready", isReady(first));
      assert.equal(await first.end("SIGTERM"), 0);

      proxy[fault]();
      const ingest = await start();
      assert.equal((await fetch(`${ingest.opsUrl}/healthz`)).status, 200);
      const { status, checks } = await ingest.ready();
      assert.equal(status, 503);
      assert.deepEqual([checks["redis"]!.ok, checks["spool"]!.ok, checks["registry"]!.ok], [false, true, true]);
      const sent = await sendMany(ingest, path, "during", 30);
      assert.deepEqual(new Set(sent.map((each) => each.status)), new Set([200]));
      assertFast(sent);
      const unknown = await request(ingest.url).post("/hooks/not-known").send(bodyOf("1"));
      assert.equal(unknown.status, 503);
      assert.match(unknown.get("Retry-After") ?? "", /^\d+$/);
      assert.equal((await request(ingest.url).get(path)).status, 200);

      proxy.restore();
      await assertSpoolEmpty(spoolDir);
      await assertAllStored(backend, sent);
      assert.equal((await request(ingest.url).post("/hooks/not-known")).status, 404);
    });
  }

  test("without a file of sources and without Redis every key gets 503, never 404", async (t) => {
    const { proxy, path, start } = await setStage(t);
    proxy.cut();
    const ingest = await start();
    assert.equal((await send(ingest, path, "1")).status, 503);
    assert.equal((await request(ingest.url).get(path)).status, 503);
    assert.equal((await ingest.ready()).checks["registry"]!.ok, false);
  });

  test("an emptied Redis: a known key is taken, an unknown one 503, a removed one 503", async (t) => {
    const { backend, path, start } = await setStage(t);
    const removed = await backend.addSource("other");
    await backend.registry.remove("other");
    const ingest = await start();
    await until("ready", isReady(ingest));
    assert.equal((await request(ingest.url).get(removed)).status, 410);
    await backend.flush();
    assert.equal((await request(ingest.url).get(removed)).status, 503);
    assert.equal((await request(ingest.url).get("/hooks/unknown")).status, 503);
    const sent = [await send(ingest, path, "1")];
    assert.equal((await ingest.ready()).checks["redis"]!.ok, true);
    await assertAllStored(backend, sent);
    await backend.registry.publish();
    assert.equal((await request(ingest.url).get("/hooks/unknown")).status, 404);
    assert.equal((await request(ingest.url).get(removed)).status, 410);
  });
});

describe("the spool (I1, I2)", { concurrency: 2 }, () => {
  test("kill -9 after 200 with spooled deliveries: the next start drains them and opens a gap", async (t) => {
    const { backend, proxy, path, spoolDir, start } = await setStage(t);
    const first = await start();
    await until("ready", isReady(first));
    await sleep(1_100); // a heartbeat
    proxy.cut();
    const sent = await sendMany(first, path, "spooled", 40);
    await first.end("SIGKILL");
    proxy.restore();
    await start();
    await assertSpoolEmpty(spoolDir);
    await assertAllStored(backend, sent);
    assert.deepEqual(
      (await backend.gaps("acme")).map(({ reason, state }) => [reason, state]),
      [["ingest down", "open"]],
    );
  });

  test("the first start of all opens no gap", async (t) => {
    const { backend, start } = await setStage(t);
    await until("ready", isReady(await start()));
    await sleep(1_100);
    assert.deepEqual(await backend.gaps("acme"), []);
  });

  test("a torn segment: what was answered 200 is drained, and what was not is no loss", async (t) => {
    const { backend, proxy, path, spoolDir, start } = await setStage(t);
    const first = await start();
    await until("ready", isReady(first));
    proxy.cut();
    const sent = await sendMany(first, path, "spooled", 20);
    await first.end("SIGKILL");
    for (const entry of await readdir(spoolDir, { recursive: true })) {
      if (entry.endsWith(".open")) await appendFile(join(spoolDir, entry), Buffer.from([0, 0, 1, 0, 1, 2, 3, 4, 123]));
    }
    proxy.restore();
    await start();
    await assertSpoolEmpty(spoolDir);
    await assertAllStored(backend, sent);
    await assertNothingLost(backend);
  });

  test("a second outage: what it spooled is drained, and nothing of the first is missed", async (t) => {
    const { backend, proxy, path, spoolDir, start } = await setStage(t);
    const ingest = await start();
    await until("ready", isReady(ingest));
    const sent: Sent[] = [];
    for (const outage of ["first", "second", "third"]) {
      proxy.cut();
      sent.push(...(await sendMany(ingest, path, outage, 20)));
      proxy.restore();
      await assertSpoolEmpty(spoolDir);
    }
    await assertAllStored(backend, sent);
    await assertNothingLost(backend);
  });

  for (const signal of ["SIGKILL", "SIGTERM"] as const) {
    test(`two ingests on one spool under load, outage after outage, ${signal} of one: nothing is lost`, async (t) => {
      const { backend, proxy, path, spoolDir, start } = await setStage(t);
      const [one, two] = await Promise.all([start(), start()]);
      await until("ready", async () => (await isReady(one)()) && (await isReady(two)()));
      const load = Promise.all([sendMany(one, path, "one", 150), sendMany(two, path, "two", 500)]);
      for (let outage = 0; outage < 2; outage++) {
        proxy.cut();
        await sleep(1_000);
        if (outage === 1) await one.end(signal);
        proxy.restore();
        await sleep(1_500);
      }
      const sent = (await load).flat();
      assert.ok(sent.filter(({ status }) => status === 200).length > 500);
      await assertSpoolEmpty(spoolDir);
      await assertAllStored(backend, sent);
      await assertNothingLost(backend);
    });
  }

  test("two ingests on one spool drain each segment once", async (t) => {
    const { backend, proxy, path, spoolDir, start } = await setStage(t);
    const [one, two] = await Promise.all([start(), start()]);
    await until("ready", async () => (await isReady(one)()) && (await isReady(two)()));
    proxy.cut();
    const sent = (await Promise.all([sendMany(one, path, "one", 60), sendMany(two, path, "two", 60)])).flat();
    proxy.restore();
    await assertSpoolEmpty(spoolDir);
    await assertAllStored(backend, sent);
  });

  test("a segment that vanished shows as unaccounted and opens a gap", async (t) => {
    const { backend, proxy, path, spoolDir, start } = await setStage(t);
    const first = await start();
    await until("ready", isReady(first));
    proxy.cut();
    const sent = await sendMany(first, path, "lost", 10);
    await first.end("SIGKILL");
    for (const entry of await readdir(spoolDir, { withFileTypes: true })) {
      if (entry.isDirectory() && entry.name !== "index") await rm(join(spoolDir, entry.name), { recursive: true });
    }
    proxy.restore();
    await start();
    await until("it is missed", async () => (await backend.counts("acme")).unaccounted === sent.length);
    assert.equal((await backend.counts("acme")).accepted, sent.length);
    await until("a gap", async () => (await backend.gaps("acme")).some(({ reason }) => reason === "spool lost"));
    await assertSpoolEmpty(spoolDir);
  });

  test("a full disk with Redis away is 503 with Retry-After and a gap, not a crash, and heals", async (t) => {
    const { backend, proxy, path, spoolDir, start } = await setStage(t);
    const ingest = await start({ fileLimitBytes: 8_192 });
    await until("ready", isReady(ingest));
    proxy.cut();
    const sent = [...(await sendMany(ingest, path, "during", 60))];
    const statuses = new Set(sent.map(({ status }) => status));
    assert.deepEqual(statuses, new Set([200, 503]));
    assertFast(sent);
    // A small delivery may still fit where a larger group did not.
    const refused = await request(ingest.url)
      .post(path)
      .send(bodyOf("1".repeat(9_000)));
    assert.match(refused.get("Retry-After") ?? "", /^\d+$/);
    proxy.restore();
    await assertSpoolEmpty(spoolDir);
    sent.push(await send(ingest, path, "after"));
    assert.equal(sent.at(-1)!.status, 200);
    await assertAllStored(backend, sent);
    const gaps = await backend.gaps("acme");
    assert.deepEqual(
      gaps.map(({ reason }) => reason),
      ["answered 503"],
    );
  });

  test("a spool at its limit is not ready and answers 503", async (t) => {
    const { proxy, path, start } = await setStage(t);
    const ingest = await start({ env: { SPOOL_LIMIT_BYTES: "0" } });
    await until("the registry is there", async () => (await ingest.ready()).checks["registry"]!.ok);
    assert.equal((await ingest.ready()).checks["spool"]!.ok, false);
    // Where Redis is slow to answer, even while it is there, only the spool is left.
    await until("Redis takes one", async () => (await send(ingest, path, "1")).status === 200);
    proxy.cut();
    assert.equal((await send(ingest, path, "2")).status, 503);
  });
});

describe("a Redis that is there and not well", { concurrency: 2 }, () => {
  test("above 75 % of its memory groups go to the spool, below 60 % they are drained", async (t) => {
    const { backend, path, spoolDir, start } = await setStage(t);
    const used = await backend.usedBytes();
    const ingest = await start({ env: { QUEUE_LIMIT_BYTES: String(Math.floor(used * 1.2)) } });
    await until("it is found full", async () => /state":"full"/.test(ingest.output()));
    await until("the registry is there", async () => (await ingest.ready()).checks["registry"]!.ok);
    const sent = [await send(ingest, path, "1"), await send(ingest, path, "2")];
    assert.deepEqual(
      sent.map(({ status }) => status),
      [200, 200],
      ingest.output(),
    );
    await until("the ledger knows them", async () => (await backend.counts("acme")).inFlight === 2);
    assert.equal((await ingest.ready()).checks["redis"]!.ok, false);
    await ingest.end("SIGTERM");
    await start();
    await assertSpoolEmpty(spoolDir);
    await assertAllStored(backend, sent);
  });

  test("one that would lose what it takes makes ingest unready, and deliveries go to the spool", async (t) => {
    const { backend, path, spoolDir, start } = await setStage(t, ["--appendonly", "no"]);
    const ingest = await start();
    await until("it is found unsafe", async () => /state":"unsafe"/.test(ingest.output()));
    const { status, checks } = await ingest.ready();
    assert.equal(status, 503);
    assert.equal(checks["redisSafety"]!.ok, false);
    assert.match(checks["redisSafety"]!.message, /appendonly yes/);
    await until("the registry is there", async () => (await ingest.ready()).checks["registry"]!.ok);
    const sent = [await send(ingest, path, "1")];
    assert.equal(sent[0]!.status, 200);
    await ingest.end("SIGTERM");

    const unsafe = await start({ env: { ALLOW_UNSAFE_REDIS: "true" } });
    await until("ready", isReady(unsafe));
    assert.match(unsafe.output(), /ALLOW_UNSAFE_REDIS is true/);
    await assertSpoolEmpty(spoolDir);
    await assertAllStored(backend, sent);
  });
});
