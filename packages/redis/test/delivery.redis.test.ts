import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { TransientError } from "@deskmirror/model";
import type { DeliveryGroup } from "@deskmirror/model";
import { createFaultProxy, freePort } from "@deskmirror/testing";
import { connectRedis } from "../src/connection.ts";
import { createDeliveryQueue } from "../src/delivery-queue.ts";
import { createDeliveryWorker } from "../src/delivery-worker.ts";
import type { DeliveryWorkerOptions } from "../src/delivery-worker.ts";
import { jobKey, sourceKey } from "../src/keys.ts";
import { createLedger } from "../src/ledger.ts";
import { group, settled } from "./groups.ts";
import { atEnd, recordLog, testConnection, testRedis, uniqueName, until } from "./redis.ts";

const url = await testRedis();
const connection = await testConnection(url);
const { client } = connection;
const queue = createDeliveryQueue({ connection });
const ledger = createLedger({ connection });
atEnd(() => queue.close());

const eventsOf = ({ deliveries }: DeliveryGroup) => deliveries.reduce((sum, { events }) => sum + events, 0);
const applyAll = async (one: DeliveryGroup) => settled({ applied: eventsOf(one) });

/** A started worker that closes when its file ends. */
function startWorker(options: Partial<DeliveryWorkerOptions> & Pick<DeliveryWorkerOptions, "source">) {
  const { log, lines } = recordLog();
  const worker = createDeliveryWorker({ connection, apply: applyAll, log, ...options });
  atEnd(() => worker.close());
  worker.start();
  return { worker, lines };
}

const isDone = (source: string, accepted: number) => async () => {
  const counts = await ledger.counts(source);
  return counts.accepted === accepted && counts.inFlight === 0;
};

test("a group arrives as it was stored, and leaves nothing but its counts", async () => {
  const source = uniqueName();
  const one = group(source, 2, 1);
  const [delivery] = one.deliveries;
  const odd = {
    ...one,
    deliveries: [{ ...delivery!, body: '["\\u0000 ☃ 12345678901234567890"]', token: "t", module: "m" }],
  };
  await queue.add(odd);
  const seen: DeliveryGroup[] = [];
  startWorker({ source, apply: async (each) => (seen.push(each), applyAll(each)) });
  await until(isDone(source, 2));
  assert.deepEqual(seen, [odd]);
  await until(async () => (await client.exists(jobKey(source, one.id))) === 0);
  const { applied, unaccounted } = await ledger.counts(source);
  assert.deepEqual({ applied, unaccounted }, { applied: 2, unaccounted: 0 });
  assert.equal((await client.keys(sourceKey(source, "deliveries", "completed"))).length, 0);
});

test("storing a group again while it waits or after it was applied does no harm", async () => {
  const source = uniqueName();
  const one = group(source, 1);
  await queue.add(one);
  await queue.add(one);
  let applied = 0;
  startWorker({ source, apply: async (each) => (applied++, applyAll(each)) });
  await until(isDone(source, 1));
  await queue.add(one);
  await until(isDone(source, 2));
  assert.equal(applied, 2);
});

test("a group that must wait for a time it names holds nothing else back (tokens with an unknown kid)", async () => {
  const source = uniqueName();
  const waiting = group(source, 1);
  let tries = 0;
  const { worker, lines } = startWorker({
    source,
    apply: async (each) => {
      if (each.id === waiting.id && ++tries === 1) throw new TransientError("not yet", { retryAfterMs: 3_000 });
      return applyAll(each);
    },
  });
  await queue.add(waiting);
  await until(() => tries === 1);
  assert.equal(worker.state, "running");
  for (let index = 0; index < 10; index++) await queue.add(group(source, 1));
  await until(async () => (await ledger.counts(source)).applied === 10);
  assert.equal(tries, 1);
  await until(isDone(source, 11));
  assert.deepEqual([tries, lines], [2, []]);
});

test("up to sixteen groups are in work at once", async () => {
  const source = uniqueName();
  let inWork = 0;
  let most = 0;
  for (let index = 0; index < 40; index++) await queue.add(group(source, 1));
  startWorker({
    source,
    apply: async (each) => {
      most = Math.max(most, ++inWork);
      await sleep(20);
      inWork--;
      return applyAll(each);
    },
  });
  await until(isDone(source, 40));
  assert.equal(most, 16);
});

test("a job that is no group is kept and said, never lost", async () => {
  const source = uniqueName();
  const broken = { ...group(source), deliveries: "none" } as unknown as DeliveryGroup;
  await queue.add({ ...broken, deliveries: [] });
  await client.hset(jobKey(source, broken.id), "data", JSON.stringify(broken));
  const { lines } = startWorker({ source });
  await until(() => lines.some((line) => line.includes("bug")));
  assert.equal(await client.exists(jobKey(source, broken.id)), 1);
});

test("a job whose hash alone is lost is let go and found by the audit", async () => {
  const source = uniqueName();
  const [one, other] = [group(source, 2), group(source, 1)];
  await queue.add(one);
  await queue.add(other);
  await client.del(jobKey(source, one.id));
  const { lines } = startWorker({ source });
  await until(async () => (await ledger.counts(source)).applied === 1);
  await until(() => lines.some((line) => JSON.stringify(line).includes("lost its contents")));
  await until(async () => (await client.exists(jobKey(source, one.id))) === 0);
  await client.zadd(sourceKey(source, "open"), "XX", 1, `2:${one.id}`);
  assert.deepEqual(await ledger.unreported(source), [{ group: one.id, events: 2, acceptedMs: 1 }]);
});

test("a paused worker takes nothing until it is resumed", async () => {
  const source = uniqueName();
  const { worker } = startWorker({ source });
  await queue.add(group(source, 1));
  await until(isDone(source, 1));
  await worker.pause();
  assert.equal(worker.state, "paused");
  await queue.add(group(source, 1));
  await sleep(300);
  assert.equal((await ledger.counts(source)).inFlight, 1);
  worker.resume();
  await until(isDone(source, 2));
});

test("pausing waits for what is in work", async () => {
  const source = uniqueName();
  let isDone = false;
  await queue.add(group(source, 1));
  let begun = false;
  const { worker } = startWorker({
    source,
    apply: async (each) => {
      begun = true;
      await sleep(200);
      isDone = true;
      return applyAll(each);
    },
  });
  await until(() => begun);
  await worker.pause();
  assert.ok(isDone);
});

test("closing waits for what is in work and leaves the rest to others", async () => {
  const source = uniqueName();
  for (let index = 0; index < 5; index++) await queue.add(group(source, 1));
  let begun = 0;
  const { worker } = startWorker({
    source,
    concurrency: 2,
    apply: async (each) => {
      begun++;
      await sleep(150);
      return applyAll(each);
    },
  });
  await until(() => begun === 2);
  await worker.close();
  assert.equal(worker.state, "closed");
  assert.deepEqual((await ledger.counts(source)).applied, 2);
  assert.equal(begun, 2);
  startWorker({ source });
  await until(isDone(source, 5));
});

test("a worker that starts before Redis is there works when Redis comes, and closes without it", async () => {
  const source = uniqueName();
  const proxy = await createFaultProxy(url);
  atEnd(() => proxy.close());
  proxy.cut();
  const late = connectRedis({ url: proxy.url, role: "sync" });
  atEnd(() => late.close());
  startWorker({ source, connection: late });
  await queue.add(group(source, 1));
  await sleep(300);
  proxy.restore();
  await until(isDone(source, 1));

  const never = connectRedis({ url: `redis://127.0.0.1:${await freePort()}`, role: "sync" });
  const { worker } = startWorker({ source, connection: never });
  const startedMs = performance.now();
  await worker.close();
  assert.ok(performance.now() - startedMs < 1_000);
  await never.close();
});

test("ingest learns within 600 ms that a group was not stored, and a repetition stores it once", async () => {
  const source = uniqueName();
  const proxy = await createFaultProxy(url);
  atEnd(() => proxy.close());
  const edge = await testConnection(proxy.url, { role: "ingest" });
  const producer = createDeliveryQueue({ connection: edge });
  const one = group(source, 1);
  await producer.add(one);
  for (const fault of [() => proxy.freeze(), () => proxy.cut()]) {
    const two = group(source, 1);
    fault();
    const startedMs = performance.now();
    await assert.rejects(producer.add(two), { name: "TransientError" });
    assert.ok(performance.now() - startedMs < 600);
    proxy.restore();
    await until(
      () =>
        producer.add(two).then(
          () => true,
          () => false,
        ),
      5_000,
    );
  }
  await assert.rejects(producer.add(group(source, 1), AbortSignal.abort()), { name: "AbortError" });
  await producer.close();
  assert.equal((await ledger.counts(source)).accepted, 3);
  assert.equal((await ledger.counts(source)).inFlight, 3);
});

test("a queue opened while Redis is down stores groups once it is up", async () => {
  const source = uniqueName();
  const proxy = await createFaultProxy(url);
  atEnd(() => proxy.close());
  proxy.cut();
  const edge = connectRedis({ url: proxy.url, role: "ingest" });
  const producer = createDeliveryQueue({ connection: edge });
  await assert.rejects(producer.add(group(source, 1)), { name: "TransientError" });
  proxy.restore();
  await edge.ready();
  await producer.add(group(source, 1));
  assert.equal((await ledger.counts(source)).accepted, 1);
  await producer.close();
  await edge.close();
});

describe("what takes long", { concurrency: true }, () => {
  test("a transient failure opens the breaker, a probe closes it, and every group is applied in the end", async () => {
    const source = uniqueName();
    let isDown = true;
    let triesWhileDown = 0;
    for (let index = 0; index < 30; index++) await queue.add(group(source, 1));
    const { worker, lines } = startWorker({
      source,
      apply: async (each) => {
        if (!isDown) return applyAll(each);
        triesWhileDown++;
        throw new TransientError("the sink is away");
      },
    });
    await until(() => worker.state === "waiting");
    await sleep(1_500);
    // Sixteen were in work when the first failed; after that there are only probes.
    assert.ok(triesWhileDown >= 16 && triesWhileDown <= 20, String(triesWhileDown));
    isDown = false;
    await until(isDone(source, 30), 30_000);
    assert.equal(worker.state, "running");
    assert.equal((await ledger.counts(source)).applied, 30);
    assert.ok(
      lines.some((line) => line.includes("the sink is away")),
      lines.join("\n"),
    );
    assert.ok(lines.length < 20, lines.join("\n"));
  });

  test("anything else that is thrown is logged as a bug, and the group is tried again", async () => {
    const source = uniqueName();
    let tries = 0;
    await queue.add(group(source, 1));
    const { lines } = startWorker({
      source,
      apply: async (each) => {
        if (++tries < 3) throw new RangeError("oops");
        return applyAll(each);
      },
    });
    await until(isDone(source, 1), 20_000);
    assert.equal(tries, 3);
    assert.equal(lines.filter((line) => line.includes("bug") && line.includes("RangeError: oops")).length, 2);
    assert.equal(await client.zcard(sourceKey(source, "deliveries", "failed")), 0);
  });

  test("Redis is lost while groups are applied and settled: each is counted once, and none is lost", async () => {
    const source = uniqueName();
    const proxy = await createFaultProxy(url);
    atEnd(() => proxy.close());
    const shaky = await testConnection(proxy.url);
    for (let index = 0; index < 60; index++) await queue.add(group(source, 1));
    const applied = new Set<string>();
    startWorker({
      source,
      connection: shaky,
      concurrency: 4,
      apply: async (each) => {
        await sleep(20);
        applied.add(each.id);
        return applyAll(each);
      },
    });
    for (let cut = 0; cut < 3; cut++) {
      await sleep(100);
      proxy.cut();
      await sleep(150);
      proxy.restore();
    }
    await until(isDone(source, 60), 45_000);
    assert.equal(applied.size, 60);
    const { applied: counted, accepted } = await ledger.counts(source);
    assert.deepEqual({ counted, accepted }, { counted: 60, accepted: 60 });
  });

  test("a group whose worker is killed is given to another within half a minute, which is told that it stalled", async () => {
    const source = uniqueName();
    await queue.add(group(source, 3));
    const script = new URL("hanging-worker.ts", import.meta.url).pathname;
    const child = spawn(process.execPath, [script, url, source], { stdio: ["ignore", "pipe", "inherit"] });
    await once(child.stdout, "data");
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;

    const stalled: number[] = [];
    const worker = createDeliveryWorker({
      connection,
      source,
      apply: async (_group, { stalledTimes }) => (stalled.push(stalledTimes), settled({ applied: 3 })),
      log: () => {},
    });
    atEnd(() => worker.close());
    worker.start();
    await until(async () => (await ledger.counts(source)).applied === 3, 30_000);
    assert.deepEqual(stalled, [1]);
  });

  test("a worker that lost its lock is told so, and what it does then counts only once", async () => {
    const source = uniqueName();
    const one = group(source, 1);
    await queue.add(one);
    let tries = 0;
    const worker = createDeliveryWorker({
      connection,
      source,
      apply: async (_group, { signal }) => {
        if (++tries === 1) {
          await connection.client.del(`${jobKey(source, one.id)}:lock`);
          await once(signal, "abort");
        }
        return settled({ applied: 1 });
      },
      log: () => {},
    });
    atEnd(() => worker.close());
    worker.start();
    await until(async () => tries === 2 && (await connection.client.exists(jobKey(source, one.id))) === 0, 40_000);
    const { accepted, applied, inFlight } = await ledger.counts(source);
    assert.deepEqual({ accepted, applied, inFlight }, { accepted: 1, applied: 1, inFlight: 0 });
  });
});
