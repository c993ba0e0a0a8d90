import assert from "node:assert/strict";
import { before, test } from "node:test";
import { connectRedis } from "@deskmirror/redis";
import { startPair } from "./pair.ts";
import { createClient } from "./support/api-client.ts";

const pair = await startPair({ tickets: 0, latencyMs: 5 });
const { desk, newSource } = pair;
const call = createClient(pair.syncUrl);

before(() => create("acme"));

async function create(name: string): Promise<void> {
  const created = await call("post", "/api/sources").send(newSource(name, { tables: ["agents", "departments"] }));
  assert.equal(created.status, 201, created.text);
}

async function pull(source: string): Promise<string> {
  const { body } = await call("post", `/api/sources/${source}/pull`);
  return body.runId;
}

const run = async (source: string, id: string, waitSeconds = 0) =>
  (await call("get", `/api/sources/${source}/runs/${id}?wait=${waitSeconds}`)).body;

/** Agents cannot be read from now on. */
const hang = () => desk.faults.add({ kind: "hang", match: "GET /agents", times: 1_000 });
const unhang = async () => desk.faults.clear();

/** What is so once a process has been gone for 30 s, without the wait. */
async function fallSilent(source: string): Promise<void> {
  const connection = connectRedis({ url: pair.redisUrl, role: "sync" });
  await connection.ready();
  const alive = await connection.client.keys(`{dm::runs:${source}}:running:*`);
  assert.equal(await connection.client.del(alive), 1);
  await connection.close();
}

const tablesOf = ({ result }: { result: { tables: { name: string; state: string }[] } }): readonly string[] =>
  result.tables.map(({ name, state }) => `${name} ${state}`);

test("a run is not told to have failed because its process ends", async () => {
  hang();
  const id = await pull("acme");
  await pair.restartSync("SIGTERM");
  const { state, result } = await run("acme", id);
  assert.deepEqual([state, result], ["running", null]);
});

test("a run whose process is gone goes on where it is asked for, and ends with its result", async () => {
  const id = await pull("acme");
  await pair.restartSync("SIGTERM", unhang);
  await fallSilent("acme");
  const { state, result } = await run("acme", id);
  assert.deepEqual([state, result], ["running", null]);
  const ended = await run("acme", id, 20);
  assert.equal(ended.state, "done", JSON.stringify(ended));
  assert.deepEqual(tablesOf(ended), ["agents complete", "departments complete"]);
});

test("a run that has ended, or that another has replaced, is not taken over", async () => {
  const ended = await pull("acme");
  const before = await run("acme", ended, 20);
  assert.equal(before.state, "done");
  hang();
  await create("beside");
  const replaced = await pull("beside");
  await pair.restartSync("SIGTERM");
  await fallSilent("beside");
  const other = await pull("beside");
  assert.notEqual(other, replaced);
  const { state, finishedAt, result } = await run("beside", replaced, 1);
  assert.deepEqual([state, finishedAt, result.error.code], ["failed", null, "ABANDONED"]);
  assert.equal((await run("beside", other)).state, "running");
  assert.deepEqual(await run("acme", ended), before);
  await unhang();
});

test("waiting ends when every table has, and does not wait for one that is kept no longer", async () => {
  hang();
  await create("narrowed");
  const id = await pull("narrowed");
  assert.equal((await run("narrowed", id, 1)).state, "running");
  assert.equal((await call("patch", "/api/sources/narrowed").send({ tables: ["departments"] })).status, 200);
  const ended = await run("narrowed", id, 20);
  assert.equal(ended.state, "done", JSON.stringify(ended));
  assert.deepEqual(tablesOf(ended), ["agents disabled", "departments complete"]);
  await unhang();
});

test("a run whose source is removed meanwhile ends as failed and says so", async () => {
  hang();
  await create("doomed");
  const id = await pull("doomed");
  assert.equal((await call("delete", "/api/sources/doomed")).status, 200);
  const { state, result } = await run("doomed", id, 20);
  assert.equal(state, "failed", JSON.stringify(result));
  assert.match(result.error.message, /doomed was removed while this ran/);
  await unhang();
});
