import assert from "node:assert/strict";
import { test } from "node:test";
import { describeHistory } from "../proof/histories/prove.ts";
import { startServers } from "../proof/histories/servers.ts";

/** `npm run proof -- histories --sink postgres` lives two hundred. */
const SEEDS = [1, 2, 3, 4];

test("random histories come to rest equal on a real Redis and a real PostgreSQL too", async (context) => {
  const servers = await startServers(SEEDS.length);
  context.after(servers.stop);
  await Promise.all(
    SEEDS.map(async (seed) => {
      const history = await servers.live(seed);
      assert.deepEqual(history.faults, [], describeHistory(history, "postgres"));
    }),
  );
});
