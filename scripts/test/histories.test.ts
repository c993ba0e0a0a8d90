import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { broken } from "../proof/histories/broken.ts";
import { liveHistory } from "../proof/histories/history.ts";
import type { Broken } from "../proof/histories/history.ts";
import { describeHistory } from "../proof/histories/prove.ts";

/** `npm run proof -- histories` lives ten thousand others. */
const FIRST_SEED = 1;
const HISTORIES = 200;
const FOUND_WITHIN = 500;

test("random histories of Desk, webhooks, faults and crashes come to rest with source and sink equal", async () => {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + HISTORIES; seed += 1) {
    const history = await liveHistory(seed);
    assert.deepEqual(history.faults, [], describeHistory(history, "memory"));
  }
});

test("a seed gives the same history again", async () => {
  const [first, second] = [await liveHistory(7), await liveHistory(7)];
  assert.ok(first.told.length > 0);
  assert.deepEqual(second, first);
});

describe("a rule taken out of the product is missed by some history", () => {
  async function findSeed(missing: Broken): Promise<number | null> {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + FOUND_WITHIN; seed += 1) {
      if ((await liveHistory(seed, { broken: missing })).faults.length > 0) return seed;
    }
    return null;
  }
  for (const [what, missing] of Object.entries(broken)) {
    test(what, async () => assert.notEqual(await findSeed(missing), null));
  }
});
