import assert from "node:assert/strict";
import { test } from "node:test";
import type { DeliveryGroup, LedgerCounts } from "@deskmirror/model";
import { createDeliveryQueue } from "../src/delivery-queue.ts";
import { jobKey, sourceKey } from "../src/keys.ts";
import { createLedger } from "../src/ledger.ts";
import { group, settled } from "./groups.ts";
import { atEnd, testConnection, testRedis, uniqueName } from "./redis.ts";

const connection = await testConnection(await testRedis());
const { client } = connection;
const queue = createDeliveryQueue({ connection });
const ledger = createLedger({ connection });
atEnd(() => queue.close());

const nothing: LedgerCounts = { ...settled(), accepted: 0, inFlight: 0, unaccounted: 0 };

/** Removes a job as completing it does. */
const complete = ({ source, id }: DeliveryGroup) => client.del(jobKey(source, id));

/** Makes the open groups of a source older than the minute they are given. */
async function age(source: string): Promise<void> {
  const open = sourceKey(source, "open");
  for (const member of await client.zrange(open, 0, "-1")) await client.zincrby(open, -61_000, member);
}

test("a group is accepted and in flight once it is stored, and in its buckets once it is settled", async () => {
  const source = uniqueName();
  const one = group(source, 3, 1);
  assert.deepEqual(await ledger.counts(source), nothing);
  await queue.add(one);
  assert.deepEqual(await ledger.counts(source), { ...nothing, accepted: 4, inFlight: 4 });
  await ledger.settle(one, settled({ applied: 1, superseded: 1, filtered: 1, deadLettered: 1 }));
  await complete(one);
  const expected = {
    accepted: 4,
    applied: 1,
    superseded: 1,
    filtered: 1,
    deadLettered: 1,
    inFlight: 0,
    unaccounted: 0,
  };
  assert.deepEqual(await ledger.counts(source), expected);
});

test("storing, accepting and settling a group twice counts it once", async () => {
  const source = uniqueName();
  const one = group(source, 2);
  await queue.add(one);
  await queue.add(one);
  await ledger.accept(one);
  assert.deepEqual(await ledger.counts(source), { ...nothing, accepted: 2, inFlight: 2 });
  await ledger.settle(one, settled({ applied: 2 }));
  await ledger.settle(one, settled({ superseded: 2 }));
  await ledger.accept(one);
  assert.deepEqual(await ledger.counts(source), { ...nothing, accepted: 2, applied: 2 });
});

test("accepting after the job is gone counts nothing, since settling counted it", async () => {
  const source = uniqueName();
  const one = group(source, 2);
  await queue.add(one);
  await client.hdel(jobKey(source, one.id), "dm:events");
  await client.del(sourceKey(source, "ledger"), sourceKey(source, "open"));
  await ledger.settle(one, settled({ applied: 2 }));
  await complete(one);
  await ledger.accept(one);
  await ledger.settle(one, settled({ applied: 2 }));
  assert.deepEqual(await ledger.counts(source), { ...nothing, accepted: 2, applied: 2 });
});

test("events whose job vanished are unaccounted after a minute, and named by the audit", async () => {
  const source = uniqueName();
  const [kept, gone] = [group(source, 1), group(source, 5)];
  await queue.add(kept);
  await queue.add(gone);
  await complete(gone);
  assert.deepEqual(await ledger.counts(source), { ...nothing, accepted: 6, inFlight: 6 });
  await age(source);
  assert.deepEqual(await ledger.counts(source), { ...nothing, accepted: 6, inFlight: 1, unaccounted: 5 });
  const audit = await ledger.audit(source);
  assert.deepEqual(
    audit.map(({ group, events }) => ({ group, events })),
    [{ group: gone.id, events: 5 }],
  );
  assert.ok(Math.abs((audit[0]?.acceptedMs ?? 0) - (Date.now() - 61_000)) < 5_000);
});

test("each group of unaccounted events is told once", async () => {
  const source = uniqueName();
  assert.deepEqual(await ledger.unreported(source), []);
  const lose = async (events: number): Promise<DeliveryGroup> => {
    const gone = group(source, events);
    await queue.add(gone);
    await complete(gone);
    await age(source);
    return gone;
  };
  const first = await lose(2);
  assert.deepEqual(
    (await ledger.unreported(source)).map(({ group, events }) => [group, events]),
    [[first.id, 2]],
  );
  await ledger.setReported(source, [{ group: first.id }]);
  assert.deepEqual(await ledger.unreported(source), []);
  const second = await lose(1);
  assert.deepEqual(
    (await ledger.unreported(source)).map(({ group }) => group),
    [second.id],
  );
  assert.equal((await ledger.counts(source)).unaccounted, 3);
});

test("events that an applier forgot are unaccounted once their job is gone", async () => {
  const source = uniqueName();
  const one = group(source, 3);
  await queue.add(one);
  await ledger.settle(one, settled({ applied: 2 }));
  await complete(one);
  await age(source);
  assert.deepEqual(await ledger.counts(source), { ...nothing, accepted: 3, applied: 2, unaccounted: 1 });
});

test("the audit looks through more open groups than it reads at once", async () => {
  const source = uniqueName();
  await client.zadd(sourceKey(source, "open"), ...Array.from({ length: 2_500 }, (_, i) => [i, `2:g-${i}`]).flat());
  await client.hset(sourceKey(source, "ledger"), { accepted: 5_000, open: 5_000 });
  assert.equal((await ledger.audit(source)).length, 2_500);
  assert.deepEqual(await ledger.counts(source), { ...nothing, accepted: 5_000, unaccounted: 5_000 });
});

test("spooled events are accepted and in flight until they are in the queue, and unaccounted when their segment is lost", async () => {
  const source = uniqueName();
  const [a, b] = [
    { instance: "i1", segment: "1", groups: 2, events: 7 },
    { instance: "i1", segment: "2", groups: 1, events: 1 },
  ];
  await queue.spooled(source, a);
  await queue.spooled(source, b);
  await queue.spooled(source, b);
  assert.deepEqual(await ledger.counts(source), { ...nothing, accepted: 8, inFlight: 8 });
  assert.deepEqual(await queue.spoolRecords(source), [a, b]);
  await queue.spooled(source, { ...a, groups: 1, events: 3 });
  await queue.add(group(source, 4));
  assert.deepEqual(await ledger.counts(source), { ...nothing, accepted: 8, inFlight: 8 });
  await queue.unspooled(source, "i1", "1");
  await queue.add(group(source, 3));
  await queue.spoolLost(source, "i1", "2");
  await queue.spoolLost(source, "i1", "unknown");
  assert.deepEqual(await ledger.counts(source), { ...nothing, accepted: 8, inFlight: 7, unaccounted: 1 });
  assert.deepEqual(await queue.spoolRecords(source), []);
});

test("the oldest event in flight tells when it was accepted", async () => {
  const source = uniqueName();
  assert.equal(await ledger.oldestMs(source), null);
  await queue.add(group(source, 1));
  assert.ok(Math.abs(((await ledger.oldestMs(source)) ?? 0) - Date.now()) < 5_000);
});

test("the last delivery is the latest received, though a spooled one is accepted after it", async () => {
  const source = uniqueName();
  assert.equal(await ledger.lastReceivedMs(source), null);
  const [early, late] = [group(source, 1), group(source, 1, 1)];
  const at = (one: DeliveryGroup, ...times: readonly number[]): DeliveryGroup => ({
    ...one,
    deliveries: one.deliveries.map((delivery, index) => ({ ...delivery, receivedMs: times[index]! })),
  });
  await queue.add(at(late, 5_000, 4_000));
  await queue.add(at(early, 1_000));
  assert.equal(await ledger.lastReceivedMs(source), 5_000);
  assert.deepEqual(await ledger.counts(source), { ...nothing, accepted: 3, inFlight: 3 });
});
