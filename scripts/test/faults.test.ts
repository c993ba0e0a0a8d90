import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { findFailings, findUncovered, findUnrest, findUnstored } from "../faults/equality.ts";
import { harmless } from "../faults/fault.ts";
import type { Fault } from "../faults/fault.ts";
import { findLies, readyAfterMs } from "../faults/health.ts";
import type { Look } from "../faults/health.ts";
import type { Status } from "../pair/admin-api.ts";

const strike = async () => async () => "";
const redisAway: Fault = { ...harmless, name: "", holdMs: 0, readiness: { ingest: "red", sync: "green" }, strike };
const ingestKilled: Fault = { ...harmless, name: "", holdMs: 0, replica: "ingest", strike };
/** In force from 100 to 10,000 ms; noticed from 3,100 on. */
const times = { struckMs: 0, inForceMs: 100, endedMs: 10_000 };

function look(beganMs: number, readyz: boolean | null, one: Partial<Look> = {}): Look {
  return { service: "ingest", replica: 1, beganMs, endedMs: beganMs + 10, healthz: true, readyz, said: "so", ...one };
}

describe("the health of a part that misses something", () => {
  const cases: readonly (readonly [string, readonly Look[], RegExp | null])[] = [
    [
      "may be green until it must have noticed, and is green after",
      [look(3_099, true), look(3_101, false), look(10_001, true)],
      null,
    ],
    [
      "is a lie when it is green once it must have noticed",
      [look(3_101, false), look(9_000, true)],
      /ingest 1 did not say .* 9000 ms/,
    ],
    ["is no truth when no answer comes", [look(3_101, null)], /did not say that it was not ready/],
    ["is not known when nobody looked", [look(50, true), look(10_001, true)], /was not looked at/],
    ["is a lie when the process says it is dead", [look(3_101, false, { healthz: false })], /was not alive/],
  ];
  for (const [title, looks, lie] of cases) test(title, () => assertFound(findLies(looks, redisAway, times), lie));
});

describe("the health of a part that misses nothing", () => {
  const misses = [look(3_101, false)];
  const sync = (beganMs: number, readyz: boolean) => look(beganMs, readyz, { service: "sync" });
  const cases: readonly (readonly [string, readonly Look[], RegExp | null])[] = [
    ["is green", [sync(50, true), sync(4_000, true)], null],
    ["may be red for a moment", [sync(50, true), sync(4_000, false), sync(6_900, false), sync(7_100, true)], null],
    [
      "is a lie when it stays red",
      [sync(50, true), sync(4_000, false), sync(7_000, false), sync(7_100, true)],
      /sync 1 .* 4000 ms/,
    ],
    [
      "is a lie when it is red at last",
      [sync(50, true), sync(20_000, false), sync(23_000, false)],
      /sync 1 was not ready/,
    ],
  ];
  for (const [title, looks, lie] of cases) {
    test(title, () => assertFound(findLies([...misses, ...looks], redisAway, times), lie));
  }
});

describe("the health of a replica that is struck itself", () => {
  const struck = { replica: 0, healthz: null } as const;
  test("may be anything but ready", () =>
    assertFound(findLies([look(50, true, struck), look(4_000, null, struck)], ingestKilled, times), null));
  test("is a lie when it is ready all the same", () =>
    assertFound(findLies([look(4_000, true, struck)], ingestKilled, times), /ingest 0 said while it was struck/));
  test("says nothing of the other one's", () =>
    assertFound(findLies([look(4_000, false), look(7_000, false)], ingestKilled, times), /ingest 1 was not ready/));
});

test("all are ready for good once the last one that was not is", () => {
  const looks = [look(9_000, false), look(11_000, true), look(12_000, false), look(13_000, true)];
  assert.equal(readyAfterMs([...looks, look(9_500, true, { replica: 0 })], 10_000), 3_010);
  assert.equal(readyAfterMs(looks.slice(0, 3), 10_000), null);
});

test("a delivery that was not answered 200 must lie in a gap, an open one too", () => {
  const gap = (from: number, to: number | null) => ({
    from: new Date(from).toISOString(),
    to: to === null ? null : new Date(to).toISOString(),
    reason: "ingest down",
    state: to === null ? "open" : "closed",
  });
  assert.deepEqual(findUncovered([150, 350], { gaps: [gap(100, 200), gap(300, null)] }), []);
  assert.match(findUncovered([150, 250, 260], { gaps: [gap(100, 200), gap(300, null)] }).join(), /^2 deliveries/);
});

test("what was answered 200 must have been accepted; what was accepted more than once answered may be more", () => {
  assert.deepEqual(findUnstored(5, 6), []);
  assert.match(findUnstored(6, 5).join(), /6 deliveries were answered 200, and 5 events accepted/);
});

test("an ingest that runs refuses nothing, and answers within a second", () => {
  assert.deepEqual(findFailings({ refused: 0, slowestMs: 1_000 }), []);
  assert.match(findFailings({ refused: 2, slowestMs: 5 }).join(), /2 deliveries were refused/);
  assert.match(findFailings({ refused: 0, slowestMs: 1_001 }).join(), /waited 1001 ms/);
});

describe("a cluster", () => {
  const ledger = { accepted: 3, applied: 1, superseded: 1, filtered: 1, deadLettered: 0, inFlight: 0, unaccounted: 0 };
  const pull = { state: "complete", startedAt: new Date(1_000).toISOString() };
  const counts = { rows: 1, expected: 1, full: 1, deleted: 0 };
  const table = { name: "tickets", state: "live", ...counts, watermark: null, pull, message: null };
  const running = { ...pull, state: "running" };
  const cases: readonly (readonly [string, Pick<Status, "tables" | "ledger">, RegExp | null])[] = [
    ["at rest has nothing left to do", { tables: [table], ledger }, null],
    [
      "whose table is not live does not rest",
      { tables: [{ ...table, state: "incomplete" }], ledger },
      /tickets is incomplete/,
    ],
    [
      "whose pull the fault met and that still runs does not rest",
      { tables: [{ ...table, pull: running }], ledger },
      /still runs/,
    ],
    [
      "that compares by the clock rests",
      { tables: [{ ...table, pull: { ...running, startedAt: new Date(3_000).toISOString() } }], ledger },
      null,
    ],
    [
      "does not rest while an event is in flight",
      { tables: [table], ledger: { ...ledger, accepted: 4, inFlight: 1 } },
      /ledger/,
    ],
    ["does not rest while an event is nowhere", { tables: [table], ledger: { ...ledger, accepted: 4 } }, /ledger/],
    [
      "does not rest with a dead letter",
      { tables: [table], ledger: { ...ledger, accepted: 4, deadLettered: 1 } },
      /ledger/,
    ],
  ];
  for (const [title, status, unrest] of cases)
    test(title, () => assertFound(findUnrest(status, new Date(2_000)), unrest));
});

function assertFound(found: readonly string[], expected: RegExp | null): void {
  if (expected === null) assert.deepEqual(found, []);
  else assert.match(found.join("\n"), expected);
}
