import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, test } from "node:test";
import { createDeliveryQueue } from "../src/delivery-queue.ts";
import { createDeliveryWorker } from "../src/delivery-worker.ts";
import { jobKey } from "../src/keys.ts";
import { createLedger } from "../src/ledger.ts";
import { group, settled } from "./groups.ts";
import { atEnd, testConnection, testRedis, uniqueName, until } from "./redis.ts";

const url = await testRedis();
const connection = await testConnection(url);
const queue = createDeliveryQueue({ connection });
const ledger = createLedger({ connection });
atEnd(() => queue.close());

describe("a worker that ends badly", { concurrency: true }, () => {
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
