import assert from "node:assert/strict";
import { test } from "node:test";
import { startPostgres, startRedis } from "@deskmirror/testing";
import type { TestRedis } from "@deskmirror/testing";
import { Redis } from "ioredis";
import pg from "pg";

// What a person gave is not what is tested here.
delete process.env["REDIS_URL"];
delete process.env["TEST_DATABASE_URL"];

test("a Redis keeps what it is given and forgets it when it stops", async () => {
  const server = await startRedis();
  assert.equal(await useRedis(server, (redis) => redis.set("a", "1")), "OK");
  assert.match(await useRedis(server, (redis) => redis.info("memory")), /maxmemory_policy:noeviction/);
  assert.match(await useRedis(server, (redis) => redis.info("persistence")), /aof_enabled:1/);
  await server.stop();
  await assert.rejects(
    useRedis(server, (redis) => redis.get("a")),
    /Connection is closed|ECONNREFUSED/,
  );
});

test("arguments reach the server", async () => {
  const server = await startRedis(["--maxmemory", "8mb"]);
  assert.match(await useRedis(server, (redis) => redis.info("memory")), /maxmemory:8388608/);
  await server.stop();
});

test("a wrong argument is told with what the server said", async () => {
  await assert.rejects(startRedis(["--no-such-option", "1"]), /ended with 1 before it was ready.*no-such-option/s);
});

test("tests on a shared Redis each have an empty database", async (context) => {
  const shared = await startRedis(["--databases", "3"]);
  process.env["REDIS_URL"] = shared.url;
  context.after(() => delete process.env["REDIS_URL"]);
  await useRedis(shared, (redis) => redis.set("theirs", "1"));
  const [left, right] = await Promise.all([startRedis(), startRedis()]);
  assert.notEqual(left.url, right.url);
  await useRedis(left, (redis) => redis.set("a", "1"));
  assert.equal(await useRedis(right, (redis) => redis.get("a")), null);
  await Promise.all([left.stop(), right.stop()]);
  assert.match(await useRedis(shared, (redis) => redis.info("keyspace")), /^# Keyspace\s+db0:keys=1,[^\n]*\s*$/);
  await shared.stop();
});

test("a PostgreSQL has an empty database, whose order of texts is not that of bytes", async () => {
  const server = await startPostgres();
  const { rows: tables } = await query(server.url, "select 1 from pg_tables where schemaname = 'public'");
  assert.deepEqual(tables, []);
  const { rows } = await query(server.url, "select x from (values ('B'), ('a')) as t(x) order by x");
  assert.deepEqual(rows, [{ x: "a" }, { x: "B" }]);
  await server.stop();
  await assert.rejects(query(server.url, "select 1"), /ECONNREFUSED/);
});

test("tests on a shared PostgreSQL each have a database", async (context) => {
  const shared = await startPostgres();
  process.env["TEST_DATABASE_URL"] = shared.url;
  context.after(() => delete process.env["TEST_DATABASE_URL"]);
  const own = await startPostgres();
  await query(own.url, "create table a ()");
  await assert.rejects(query(shared.url, "select from a"), /does not exist/);
  await own.stop();
  await assert.rejects(query(own.url, "select 1"), /does not exist/);
  await shared.stop();
});

async function useRedis<T>(server: TestRedis, use: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(server.url, { retryStrategy: () => null });
  redis.on("error", () => {});
  try {
    return await use(redis);
  } finally {
    redis.disconnect();
  }
}

async function query(url: string, sql: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await client.query(sql);
  } finally {
    await client.end();
  }
}
