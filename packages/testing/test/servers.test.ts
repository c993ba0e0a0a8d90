import assert from "node:assert/strict";
import { test } from "node:test";
import { startPostgres, startRedis } from "@deskmirror/testing";

test("a Redis and a PostgreSQL start and stop", async () => {
  const redis = await startRedis();
  assert.match(redis.url, /^redis:/);
  await redis.stop();
  const postgres = await startPostgres();
  assert.match(postgres.url, /^postgres:/);
  await postgres.stop();
});
