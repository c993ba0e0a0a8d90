import assert from "node:assert/strict";
import { test } from "node:test";
import { joinVersions, mergeDoubts, resolve, toContentVersion, toLifeVersion } from "@deskmirror/model";
import type { Change, Doubt, Register, RowVersions, Upsert } from "@deskmirror/model";

function register(atMs: number, contentHash = "0123456789abcdef"): Register {
  return { data: {}, version: toContentVersion({ modifiedMs: atMs, currentMs: atMs, contentHash, fromGet: false }) };
}

const versionAt = (atMs: number): string => register(atMs).version;
const row: RowVersions = { core: versionAt(200), detail: versionAt(200), life: toLifeVersion(200, "alive") };

/** A change that carries what is given, and of the rest what is older than the row. */
function upsert(given: Partial<Upsert>): Upsert {
  const older = { core: register(100), detail: register(100), life: toLifeVersion(100, "alive") };
  return { op: "upsert", key: "k", origin: "search", parentId: null, modifiedMs: 100, ...older, ...given };
}

const resolveOn = (before: RowVersions, ...changes: Change[]) =>
  resolve(changes, { rows: new Map([["k", before]]), horizonMs: 1_000 });

const refetch: Change = { op: "refetch", key: "k", origin: "event", parentId: null, afterMs: 5 };

test("one register that the row holds or takes makes a change applied, and one that is newer is written", () => {
  for (const atMs of [200, 300]) {
    const life = toLifeVersion(atMs, "alive");
    for (const given of [{ core: register(atMs) }, { detail: register(atMs) }, { life }]) {
      const { outcomes, writes } = resolveOn(row, upsert(given));
      assert.deepEqual(outcomes, ["applied"], JSON.stringify(given));
      assert.equal(writes.length, atMs === 300 ? 1 : 0);
    }
  }
  assert.deepEqual(resolveOn(row, upsert({})).outcomes, ["superseded"]);
});

test("a row that comes back from a tombstone is counted as restored, and no other is", () => {
  const dead: RowVersions = { ...row, life: toLifeVersion(200, "dead") };
  const alive = upsert({ life: toLifeVersion(300, "alive") });
  assert.equal(resolveOn(dead, alive).restored, 1);
  assert.equal(resolveOn(row, alive).restored, 0);
  assert.equal(resolveOn(dead, upsert({ core: register(300) })).restored, 0);
});

test("to be asked for changes no version, and is a doubt", () => {
  assert.equal(joinVersions(row, refetch), row);
  assert.deepEqual(resolveOn(row, refetch).outcomes, ["doubt"]);
});

test("a contradiction is named by its modified time and content, the larger of both", () => {
  const other = upsert({ core: register(200, "fedcba9876543210") });
  const [doubt] = resolveOn(row, other).doubts;
  assert.equal(doubt?.contradiction, "200.fedcba9876543210");
});

test("an upsert that a tombstone does not outrank raises no doubt", () => {
  const dead: RowVersions = { ...row, life: toLifeVersion(200, "dead") };
  const told = upsert({ origin: "event", core: register(300), life: toLifeVersion(300, "alive") });
  assert.deepEqual(resolveOn(dead, told).doubts, []);
});

test("of two doubts the later one is asked for, with the parent that either knows", () => {
  const early: Doubt = { key: "k", parentId: "7", afterMs: 1, contradiction: "1.a" };
  const late: Doubt = { key: "k", parentId: null, afterMs: 2, contradiction: "2.b" };
  const both = { key: "k", parentId: "7", afterMs: 2, contradiction: null };
  assert.deepEqual(mergeDoubts(early, late), both);
  assert.deepEqual(mergeDoubts(late, early), both);
  assert.equal(mergeDoubts(early, { ...early, afterMs: 3 }).contradiction, "1.a");
});
