import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { jobKey, sourceKey } from "../src/keys.ts";
import { ACCEPT, SETTLE } from "../src/ledger-scripts.ts";
import { createLedger } from "../src/ledger.ts";
import { testConnection, testRedis, uniqueName } from "./redis.ts";

const connection = await testConnection(await testRedis());
const { client } = connection;
const ledger = createLedger({ connection });

interface Scripts {
  readonly accept: string;
  readonly settle: string;
}

/** What a process does to a group before it may die; each may be repeated by another process at any later time. */
const step = fc.record({
  group: fc.nat({ max: 1 }),
  does: fc.constantFrom("store", "accept", "settle", "complete", "settle and complete"),
});

/** The rules in plain words, beside which the scripts are run. */
function createReference(sizes: readonly number[]) {
  const groups = sizes.map((size) => ({ size, stored: false, marked: false, settled: false, open: false }));
  let accepted = 0;
  let settled = 0;
  const open = (group: (typeof groups)[number]) => {
    if (!group.open) accepted += group.size;
    group.open = true;
  };
  return {
    store(group: (typeof groups)[number]) {
      if (!group.stored) Object.assign(group, { stored: true, marked: false, settled: false });
    },
    accept(group: (typeof groups)[number]) {
      if (group.stored && !group.marked) open(group);
      group.marked = true;
    },
    settle(group: (typeof groups)[number]) {
      if (!group.stored || group.settled) return;
      open(group);
      settled += group.size;
      Object.assign(group, { marked: true, settled: true, open: false });
    },
    complete(group: (typeof groups)[number]) {
      group.stored = false;
    },
    groups,
    counts() {
      const sum = (stored: boolean) =>
        groups.filter((group) => group.open && group.stored === stored).reduce((total, { size }) => total + size, 0);
      return { accepted, filtered: settled, inFlight: sum(true), unaccounted: sum(false) };
    },
  };
}

/**
 * Runs random histories of two groups: a job stored with or without being accepted, accepted late, settled and not completed,
 * removed without having been settled, all of it again. The ledger must say what the reference says, and balance.
 */
async function balances({ accept, settle }: Scripts): Promise<void> {
  const sizes = fc.array(fc.nat({ max: 5 }), { minLength: 2, maxLength: 2 });
  const history = fc.asyncProperty(sizes, fc.array(step, { minLength: 12, maxLength: 30 }), async (events, steps) => {
    const source = uniqueName();
    const reference = createReference(events);
    for (const { group: index, does } of steps) {
      const id = `g-${index}`;
      const keys = [jobKey(source, id), sourceKey(source, "ledger"), sourceKey(source, "open")];
      const group = reference.groups[index]!;
      if (does === "store") {
        reference.store(group);
        await client.hset(jobKey(source, id), "name", "group");
      }
      if (does === "accept") {
        reference.accept(group);
        await client.eval(accept, 3, ...keys, id, group.size, 0);
      }
      if (does.startsWith("settle")) {
        reference.settle(group);
        await client.eval(settle, 3, ...keys, id, group.size, 0, 0, group.size, 0);
      }
      if (does.endsWith("complete")) {
        reference.complete(group);
        await client.del(jobKey(source, id));
      }
    }
    const open = sourceKey(source, "open");
    for (const member of await client.zrange(open, 0, "-1")) await client.zadd(open, 1, member);
    const expected = { applied: 0, superseded: 0, deadLettered: 0, ...reference.counts() };
    assert.deepEqual(await ledger.counts(source), expected);
    assert.equal(expected.accepted, expected.filtered + expected.inFlight + expected.unaccounted);
  });
  await fc.assert(history, { numRuns: 300 });
}

test("whatever steps are lost or repeated, every accepted event is counted in exactly one place", async () => {
  await balances({ accept: ACCEPT, settle: SETTLE });
});

const RULES: readonly [rule: string, broken: Scripts][] = [
  [
    "accepting counts only jobs that exist",
    { accept: ACCEPT.replace('redis.call("EXISTS", KEYS[1]) == 0 or ', ""), settle: SETTLE },
  ],
  [
    "accepting marks the job",
    { accept: ACCEPT.replace(' or redis.call("HSETNX", KEYS[1], "dm:events", ARGV[2]) == 0', ""), settle: SETTLE },
  ],
  [
    "settling marks the job",
    { accept: ACCEPT, settle: SETTLE.replace(' or redis.call("HSETNX", KEYS[1], "dm:settled", "1") == 0', "") },
  ],
  [
    "settling counts a group as accepted whose accepting was lost",
    { accept: ACCEPT, settle: SETTLE.replace("if not since then", "if false then") },
  ],
  [
    "a group that was lost and is stored again is not accepted again",
    {
      accept: ACCEPT.replace(
        'if redis.call("ZADD", KEYS[3], "NX", now, ARGV[2] .. ":" .. ARGV[1]) == 0 then return 0 end',
        'redis.call("ZADD", KEYS[3], now, ARGV[2] .. ":" .. ARGV[1])',
      ),
      settle: SETTLE,
    },
  ],
  [
    "settling takes the group out of the open ones",
    { accept: ACCEPT, settle: SETTLE.replace('redis.call("ZREM", KEYS[3], member)', "") },
  ],
];

for (const [rule, broken] of RULES) {
  test(`without the rule that ${rule}, a history is found whose ledger is wrong`, async () => {
    assert.notDeepEqual(broken, { accept: ACCEPT, settle: SETTLE }, "the rule was not removed");
    await assert.rejects(balances(broken), /Property failed/);
  });
}
