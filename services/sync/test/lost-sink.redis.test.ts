import assert from "node:assert/strict";
import { copyFile, rm } from "node:fs/promises";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { startPair } from "./pair.ts";
import { equal, settle, statusOf, until } from "./support/status.ts";

const pair = await startPair({ tickets: 40, latencyMs: 5 }, { env: { RECONCILE_SECONDS: "15" } });
const { sinkFile } = pair;
const backup = `${sinkFile}.backup`;
const tables = ["tickets", "contacts", "agents", "ticket_comments"];

const change = (changes: number): void =>
  pair.desk.workload({ changesPerSecond: 1, mix: { ticketUpdate: 4, contactUpdate: 1 } }).run(changes);
const dropSink = async (): Promise<void> => {
  for (const end of ["", "-wal", "-shm"]) await rm(`${sinkFile}${end}`, { force: true });
};
const pulledAt = async (): Promise<readonly string[]> =>
  (await statusOf(pair)).tables.map(({ pull }) => pull?.startedAt ?? "");
const sourceNames = async (): Promise<readonly string[]> =>
  ((await pair.call("GET", "/sources")).body as { items: { name: string }[] }).items.map(({ name }) => name);

test("a sink that is dropped under a running sync is made again: no source is lost, every table is pulled unasked", async () => {
  const created = await pair.call("POST", "/sources", pair.newSource("acme", { tables }));
  assert.equal(created.status, 201, JSON.stringify(created.body));
  await pair.call("POST", "/sources/acme/webhook");
  await pair.run("/sources/acme/pull");
  await settle(pair);
  const before = await pulledAt();
  await dropSink();
  change(30);
  await until("every table is read anew", async () => {
    const now = await pulledAt();
    return now.length === before.length && now.every((at, index) => at > before[index]!);
  });
  assert.deepEqual(await sourceNames(), ["acme"]);
  change(10);
  await settle(pair);
  await equal(pair);
  assert.equal((await statusOf(pair)).ledger["unaccounted"], 0);
});

test("the same when it is dropped while sync is down", async () => {
  const before = await pulledAt();
  await pair.restartSync("SIGTERM", async () => {
    await dropSink();
    change(20);
  });
  assert.deepEqual(await sourceNames(), ["acme"]);
  await settle(pair);
  assert.ok((await pulledAt()).every((at, index) => at > before[index]!));
  await equal(pair);
});

test("a sink that is restored from an older backup is read again from its watermark, and knows what changed of its sources since", async () => {
  await pair.restartSync("SIGTERM", () => copyFile(sinkFile, backup));
  await settle(pair);
  await pair.call("POST", "/sources", pair.newSource("late", { tables: ["agents"] }));
  const { body } = await pair.call("POST", "/sources/acme/rotate-url", {});
  const { serviceUrl } = body as { serviceUrl: string };
  change(40);
  await sleep(500);
  await settle(pair);
  await pair.restartSync("SIGTERM", async () => {
    await dropSink();
    await copyFile(backup, sinkFile);
  });
  await until("the sources are as they were", async () => (await sourceNames()).join() === "acme,late");
  assert.equal(((await pair.call("GET", "/sources/acme")).body as { serviceUrl: string }).serviceUrl, serviceUrl);
  change(10);
  await settle(pair);
  await equal(pair);
});
