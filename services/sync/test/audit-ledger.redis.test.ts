import assert from "node:assert/strict";
import { after, test } from "node:test";
import { connectRedis, createDeliveryQueue, createGaps, createLedger } from "@deskmirror/redis";
import { createLog } from "@deskmirror/runtime";
import { startRedis, testDataSource } from "@deskmirror/testing";
import { createLedgerAudit } from "../src/audit-ledger.ts";
import { startPair } from "./pair.ts";
import { equal, settle, statusOf, until } from "./support/status.ts";

const MESSAGE = "accepted events are unaccounted for; what changed since is read again";
const pair = await startPair({ tickets: 20, latencyMs: 5 }, { mayLog: new RegExp(MESSAGE) });
const connection = connectRedis({ url: pair.redisUrl, role: "sync" });
await connection.ready();
const { client } = connection;
after(() => connection.close());

/** Jobs of `acme` that are in no bucket and not done. */
const jobs = async (): Promise<readonly string[]> => client.keys("{dm:acme}:deliveries:g-*");

/** Loses every waiting job as nothing we know of would, and makes what was accepted a minute old. */
async function loseJobs(): Promise<readonly string[]> {
  const lost = await jobs();
  await client.del("{dm:acme}:deliveries:wait", "{dm:acme}:deliveries:paused", ...lost);
  for (const member of await client.zrange("{dm:acme}:open", 0, "-1")) {
    await client.zincrby("{dm:acme}:open", -61_000, member);
  }
  return lost.map((key) => key.slice("{dm:acme}:deliveries:".length));
}

test("events that were accepted and are nowhere are found, told, counted, and healed by themselves", async () => {
  const tables = ["tickets", "contacts"];
  const created = await pair.call("POST", "/sources", pair.newSource("acme", { tables }));
  assert.equal(created.status, 201, JSON.stringify(created.body));
  await pair.call("POST", "/sources/acme/webhook");
  await pair.run("/sources/acme/pull");
  await settle(pair);
  await pair.call("POST", "/sources/acme/pause");
  pair.desk.workload({ changesPerSecond: 1, mix: { ticketUpdate: 1, contactUpdate: 1 } }).run(12);
  await until("the events are in the queue", async () => (await statusOf(pair)).ledger["inFlight"]! >= 12);
  const groups = await loseJobs();
  await pair.call("POST", "/sources/acme/resume");
  await until("the audit tells of it", async () => pair.syncOutput().includes(MESSAGE), 80_000);
  const line = pair
    .syncOutput()
    .split("\n")
    .find((one) => one.includes(MESSAGE))!;
  const told = JSON.parse(line) as { source: string; events: number; groups: readonly string[] };
  assert.deepEqual([told.source, told.events, told.groups.toSorted()], ["acme", 12, groups.toSorted()]);
  await until("the gap is closed", async () =>
    (await statusOf(pair)).gaps.some(({ reason, state }) => reason === "events unaccounted" && state === "closed"),
  );
  await equal(pair);
  assert.equal((await statusOf(pair)).ledger["unaccounted"], 12);
  const metrics = await (await fetch(`${pair.syncUrl}/metrics`)).text();
  assert.match(metrics, /^deskmirror_unaccounted_events\{source="acme"\} 12$/m);
});

test("each group is told once, and only of sources that lost some", async () => {
  const redis = await startRedis();
  after(() => redis.stop());
  const own = connectRedis({ url: redis.url, role: "sync" });
  await own.ready();
  after(() => own.close());
  const queue = createDeliveryQueue({ connection: own });
  after(() => queue.close());
  const [ledger, gaps] = [createLedger({ connection: own }), createGaps({ connection: own })];
  const lines: string[] = [];
  const log = createLog({ service: "sync", level: "info", to: { write: (line) => void lines.push(line) } });
  const sources = [testDataSource({ name: "one" }), testDataSource({ name: "two" })];
  const audit = createLedgerAudit({ registry: { list: async () => sources }, ledger, gaps, log });
  const delivery = { id: "d", receivedMs: 1, body: "[]", signature: "missing", token: null, module: null } as const;
  for (const { name } of sources) {
    await queue.add({ id: `g-${name}`, source: name, deliveries: [{ ...delivery, kind: "events", events: 3 }] });
  }
  await audit();
  assert.deepEqual(lines, []);
  await own.client.del("{dm:two}:deliveries:g-two");
  await own.client.zadd("{dm:two}:open", Date.now() - 61_000, "3:g-two");
  await audit();
  await audit();
  assert.equal(lines.length, 1);
  assert.match(lines[0]!, /"source":"two","events":3,"groups":\["g-two"\]/);
  const [gap, ...others] = await gaps.list("two");
  assert.deepEqual([gap?.reason, others], ["events unaccounted", []]);
  assert.ok(Math.abs(gap!.fromMs - (Date.now() - 61_000)) < 5_000);
  assert.deepEqual(await gaps.list("one"), []);
});
