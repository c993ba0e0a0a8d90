import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { TransientError } from "@deskmirror/model";
import type { DeliveryGroup, Settlement } from "@deskmirror/model";
import type { DeliveryQueue, DeliveryWorker, DeliveryWorkerOptions, Ledger } from "@deskmirror/redis";
import { uniqueName } from "./unique-name.ts";

/** A queue of one source, and what became of its events. */
export interface DeliveriesUnderTest {
  readonly queue: Pick<DeliveryQueue, "add">;
  readonly createWorker: (apply: DeliveryWorkerOptions["apply"]) => DeliveryWorker;
  readonly ledger: Pick<Ledger, "counts" | "lastReceivedMs">;
}

/** What every queue of deliveries does with its workers. */
export function deliveriesContract(open: (source: string) => DeliveriesUnderTest): void {
  const settlement: Settlement = { applied: 1, superseded: 0, filtered: 0, deadLettered: 0 };

  function groupOf(source: string): DeliveryGroup {
    const delivery = { receivedMs: Date.now(), body: "[1]", kind: "events", signature: "missing", events: 1 } as const;
    const id = randomUUID();
    return { id: `g-${id}`, source, deliveries: [{ ...delivery, id, token: null, module: null }] };
  }

  async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
    for (let waits = 0; !(await holds()); waits += 1) {
      if (waits > 1_000) throw new Error(`still not so: ${String(holds)}`);
      await sleep(10);
    }
  }

  test("a group is applied as it was stored, once, however often it was stored while it waited", async () => {
    const source = uniqueName();
    const { queue, createWorker, ledger } = open(source);
    const group = groupOf(source);
    const seen: DeliveryGroup[] = [];
    assert.equal(await ledger.lastReceivedMs(source), null);
    await queue.add(group);
    await queue.add(group);
    const { accepted, inFlight } = await ledger.counts(source);
    assert.deepEqual([accepted, inFlight], [1, 1]);
    assert.equal(await ledger.lastReceivedMs(source), group.deliveries[0]!.receivedMs);
    const worker = createWorker(async (one) => {
      seen.push(one);
      return settlement;
    });
    worker.start();
    await until(async () => (await ledger.counts(source)).applied === 1);
    await sleep(100);
    assert.equal((await ledger.counts(source)).inFlight, 0);
    assert.deepEqual(seen, [group]);
    await worker.close();
  });

  test("a group whose applying failed is applied again, and counted once", async () => {
    const source = uniqueName();
    const { queue, createWorker, ledger } = open(source);
    let tries = 0;
    const worker = createWorker(async () => {
      tries += 1;
      if (tries === 1) throw new TransientError("the sink is away");
      return settlement;
    });
    worker.start();
    await queue.add(groupOf(source));
    await until(async () => (await ledger.counts(source)).applied === 1);
    assert.equal(tries, 2);
    await worker.close();
  });

  test("a paused worker takes nothing until it is resumed, and closing waits for what is in work", async () => {
    const source = uniqueName();
    const { queue, createWorker, ledger } = open(source);
    let begun = 0;
    const worker = createWorker(async () => {
      begun += 1;
      await sleep(100);
      return settlement;
    });
    await worker.pause();
    worker.start();
    await queue.add(groupOf(source));
    await sleep(200);
    assert.equal(begun, 0);
    worker.resume();
    await until(() => begun === 1);
    await worker.close();
    assert.equal((await ledger.counts(source)).applied, 1);
  });
}
