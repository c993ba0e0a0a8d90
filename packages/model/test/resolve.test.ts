import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { NO_ROW, hashContent, join, joinVersions, resolve, toContentVersion, toLifeVersion } from "@deskmirror/model";
import type { Change, Origin, Resolution, RowVersions, Tombstone, Upsert } from "@deskmirror/model";

const NOBODY: ReadonlySet<string> = new Set();

function upsert(options: {
  origin: Origin;
  modifiedMs: number;
  currentMs: number;
  content?: string;
  aliveMs?: number;
  key?: string;
}): Upsert {
  const { origin, modifiedMs, currentMs, content = "x", key = "k" } = options;
  const data = { content };
  const contentHash = hashContent(data, NOBODY);
  const version = toContentVersion({ modifiedMs, currentMs, contentHash, fromGet: origin === "get" });
  return {
    op: "upsert",
    key,
    origin,
    parentId: null,
    modifiedMs,
    core: { version, data },
    detail: null,
    life: toLifeVersion(options.aliveMs ?? modifiedMs, "alive"),
  };
}

function tombstone(atMs: number): Tombstone {
  const gone = { key: "k", origin: "event", parentId: null, modifiedMs: null, core: null, detail: null } as const;
  return { op: "delete", ...gone, life: toLifeVersion(atMs, "dead"), deletedMs: atMs };
}

function resolveOn(before: Change | null, ...changes: Change[]): Resolution {
  const row: RowVersions = before === null ? NO_ROW : joinVersions(NO_ROW, before);
  return resolve(changes, { rows: new Map([["k", row]]), horizonMs: 1_000_000 });
}

test("a new state is applied and an older one superseded", () => {
  const newer = upsert({ origin: "event", modifiedMs: 200, currentMs: 200, content: "new" });
  const older = upsert({ origin: "event", modifiedMs: 100, currentMs: 100, content: "old" });
  assert.deepEqual(resolveOn(older, newer).outcomes, ["applied"]);
  assert.deepEqual(resolveOn(newer, older), { outcomes: ["superseded"], writes: [], doubts: [], restored: 0 });
});

test("the same state again is applied and writes nothing", () => {
  const state = upsert({ origin: "event", modifiedMs: 200, currentMs: 200 });
  assert.deepEqual(resolveOn(state, state), { outcomes: ["applied"], writes: [], doubts: [], restored: 0 });
});

test("a batch is collapsed to one write for each key, sorted by key", () => {
  const at = (key: string, modifiedMs: number): Upsert =>
    upsert({ origin: "event", modifiedMs, currentMs: modifiedMs, key, content: `${modifiedMs}` });
  const { writes, outcomes } = resolveOn(null, at("b", 1), at("a", 3), at("b", 2), at("a", 1));
  assert.deepEqual(
    writes.map(({ key, modifiedMs }) => [key, modifiedMs]),
    [
      ["a", 3],
      ["b", 2],
    ],
  );
  assert.deepEqual(outcomes, ["superseded", "applied", "applied", "superseded"]);
});

test("equal modified times with different content are doubted, in either order, once for each state", () => {
  const first = upsert({ origin: "event", modifiedMs: 100, currentMs: 100, content: "one" });
  const second = upsert({ origin: "event", modifiedMs: 100, currentMs: 150, content: "two" });
  const expected = [
    { key: "k", parentId: null, afterMs: 150, contradiction: resolveOn(first, second).doubts[0]!.contradiction },
  ];
  assert.deepEqual(resolveOn(first, second).doubts, expected);
  assert.deepEqual(resolveOn(second, first).doubts, expected);
  assert.deepEqual(resolveOn(null, first, second).doubts, expected);
  assert.deepEqual(resolveOn(null, second, first).doubts, expected);
});

test("a GET outranks a search row of equal modified time, and an event whose time is not later", () => {
  const get = upsert({ origin: "get", modifiedMs: 100, currentMs: 200, content: "truth" });
  const search = upsert({ origin: "search", modifiedMs: 100, currentMs: 100, content: "cut" });
  const event = upsert({ origin: "event", modifiedMs: 100, currentMs: 180, content: "other" });
  for (const [before, change] of [
    [get, search],
    [search, get],
    [get, event],
    [event, get],
  ] as const) {
    assert.deepEqual(resolveOn(before, change).doubts, []);
  }
});

test("an event later than the GET with equal modified time and different content is doubted", () => {
  const get = upsert({ origin: "get", modifiedMs: 100, currentMs: 200, content: "truth" });
  const event = upsert({ origin: "event", modifiedMs: 100, currentMs: 300, content: "other" });
  assert.equal(resolveOn(get, event).doubts[0]?.afterMs, 300);
  assert.deepEqual(resolveOn(get, event).outcomes, ["doubt"]);
});

test("an event after the tombstone whose modified time is not after it is doubted", () => {
  const quietRestore = upsert({ origin: "event", modifiedMs: 100, currentMs: 300 });
  const { doubts, outcomes } = resolveOn(tombstone(200), quietRestore);
  assert.equal(doubts[0]?.afterMs, 200);
  assert.deepEqual(outcomes, ["doubt"]);
});

test("an event of the very moment of the tombstone is not after it", () => {
  const same = upsert({ origin: "event", modifiedMs: 100, currentMs: 200 });
  assert.deepEqual(resolveOn(tombstone(200), same).doubts, []);
});

test("an event modified after the tombstone undoes it without a doubt", () => {
  const restored = upsert({ origin: "event", modifiedMs: 300, currentMs: 300 });
  const { doubts, outcomes, restored: back } = resolveOn(tombstone(200), restored);
  assert.deepEqual([doubts, outcomes, back], [[], ["applied"], 1]);
});

test("a search that shows what is dead here raises a doubt, since a restore need not move modifiedTime", () => {
  const shown = upsert({ origin: "search", modifiedMs: 100, currentMs: 100 });
  const { doubts, outcomes } = resolveOn(tombstone(200), shown);
  assert.deepEqual(doubts, [{ key: "k", parentId: null, afterMs: 200, contradiction: null }]);
  assert.deepEqual(outcomes, ["doubt"]);
});

test("only a tombstone is doubted for what came after it, and not for a list's word", () => {
  const late = { modifiedMs: 100, currentMs: 300, content: "same" };
  const lived = upsert({ origin: "list", modifiedMs: 100, currentMs: 200, content: "same", aliveMs: 200 });
  assert.deepEqual(resolveOn(lived, upsert({ origin: "event", ...late })).doubts, []);
  assert.deepEqual(resolveOn(tombstone(200), upsert({ origin: "list", ...late })).doubts, []);
});

test("a deletion is no restore, whatever state it shows", () => {
  const { core } = upsert({ origin: "event", modifiedMs: 100, currentMs: 300 });
  assert.deepEqual(resolveOn(tombstone(200), { ...tombstone(150), core }).doubts, []);
});

test("an event that shows detail alone says nothing against a tombstone", () => {
  const state = upsert({ origin: "event", modifiedMs: 100, currentMs: 300 });
  const { doubts, writes } = resolveOn(tombstone(200), { ...state, core: null, detail: state.core });
  assert.deepEqual([doubts, writes.length], [[], 1]);
});

test("an event before the tombstone and a search row never undo it", () => {
  for (const [late, doubted] of [
    [upsert({ origin: "event", modifiedMs: 100, currentMs: 150 }), 0],
    [upsert({ origin: "search", modifiedMs: 100, currentMs: 100 }), 1],
  ] as const) {
    const { doubts, writes } = resolveOn(tombstone(200), late);
    assert.equal(doubts.length, doubted);
    assert.ok(writes.every(({ life }) => life < tombstone(200).life));
  }
});

test("a state ahead of the horizon is doubted and not written, unless a GET says it", () => {
  const ahead = { modifiedMs: 2_000_000, currentMs: 2_000_000 };
  const doubted = resolveOn(null, upsert({ origin: "event", ...ahead }));
  assert.deepEqual([doubted.writes, doubted.outcomes, doubted.doubts.length], [[], ["doubt"], 1]);
  assert.equal(resolveOn(null, upsert({ origin: "get", ...ahead })).writes.length, 1);
});

test("a state of the very horizon is not ahead of it", () => {
  const { outcomes } = resolveOn(null, upsert({ origin: "event", modifiedMs: 1_000_000, currentMs: 1_000_000 }));
  assert.deepEqual(outcomes, ["applied"]);
});

test("a death ahead of the horizon is doubted and kills nothing, unless a GET says it", () => {
  const alive = upsert({ origin: "event", modifiedMs: 100, currentMs: 100 });
  const doubted = resolveOn(alive, tombstone(2_000_000));
  assert.deepEqual([doubted.writes, doubted.outcomes], [[], ["doubt"]]);
  assert.deepEqual(doubted.doubts, [{ key: "k", parentId: null, afterMs: 1_000_000, contradiction: null }]);
  assert.equal(resolveOn(alive, { ...tombstone(2_000_000), origin: "get" }).writes.length, 1);
});

test("an event from the future with a modified time of the past is doubted", () => {
  const { writes, outcomes } = resolveOn(null, upsert({ origin: "event", modifiedMs: 100, currentMs: 2_000_000 }));
  assert.deepEqual([writes, outcomes], [[], ["doubt"]]);
});

test("a record that must be asked for raises a doubt and writes nothing", () => {
  const ask: Change = { op: "refetch", key: "k", origin: "event", parentId: "t", afterMs: 70 };
  assert.deepEqual(resolveOn(null, ask, ask), {
    outcomes: ["doubt", "doubt"],
    writes: [],
    doubts: [{ key: "k", parentId: "t", afterMs: 70, contradiction: null }],
    restored: 0,
  });
});

test("two doubts of one key become one that settles both, and counts as raised before only when both were", () => {
  const first = upsert({ origin: "event", modifiedMs: 100, currentMs: 100, content: "one" });
  const second = upsert({ origin: "event", modifiedMs: 100, currentMs: 150, content: "two" });
  const ask: Change = { op: "refetch", key: "k", origin: "event", parentId: null, afterMs: 120 };
  assert.deepEqual(resolveOn(first, second, ask).doubts, [
    { key: "k", parentId: null, afterMs: 150, contradiction: null },
  ]);
});

test("dead wins when life and death have the same time", () => {
  const alive = upsert({ origin: "list", modifiedMs: 100, currentMs: 200, aliveMs: 200 });
  assert.equal(join(alive, tombstone(200)).op, "delete");
  assert.equal(join(tombstone(200), alive).op, "delete");
});

test("the write of a batch is the join of its changes, whatever their number", () => {
  const states = fc.record({ modifiedMs: fc.nat(50), currentMs: fc.nat(50), content: fc.constantFrom("p", "q", "r") });
  fc.assert(
    fc.property(fc.array(states, { minLength: 1, maxLength: 6 }), (list) => {
      const changes = list.map((state) => upsert({ origin: "event", ...state }));
      const [write] = resolveOn(null, ...changes).writes;
      assert.deepEqual(
        write,
        changes.reduce<Upsert | Tombstone>((left, right) => join(left, right), changes[0]!),
      );
    }),
  );
});
