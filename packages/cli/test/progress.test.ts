import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Api } from "../src/api/api.ts";
import type { TableStatus } from "../src/api/answers.ts";
import { measure, pace } from "../src/output/measure.ts";
import { createProgress } from "../src/output/progress.ts";
import { toDuration, toLocal } from "../src/output/time.ts";

const run = { id: "r", kind: "pull", state: "running", startedAt: "2026-11-24T12:00:00.000Z", result: null } as const;

function table(change: Partial<TableStatus>): TableStatus {
  const pull = { state: "running", startedAt: "2026-11-24T12:00:00.000Z" };
  const counts = { rows: 0, expected: null, full: 0, deleted: 0 };
  return { name: "t", state: "pulling", ...counts, lastChangeAt: null, lagMs: null, pull, message: null, ...change };
}

const ended = { state: "complete", startedAt: run.startedAt };

describe("how far a pull is", () => {
  const cases = [
    ["is all its tables", [table({ rows: 3, expected: 10 }), table({ rows: 5, expected: 5 })], [8, 15, 0]],
    ["knows no end while a table does not", [table({ rows: 3, expected: 10 }), table({ rows: 4 })], [7, null, 0]],
    ["knows its end when such a table has ended", [table({ rows: 4, pull: ended }), table({ expected: 3 })], [4, 7, 1]],
    ["leaves disabled tables out", [table({ state: "disabled" }), table({ rows: 1, expected: 2 })], [1, 2, 0]],
    ["may get more than was expected", [table({ rows: 12, expected: 10 }), table({ expected: 1 })], [12, 13, 0]],
    ["is at its end with fewer than was expected", [table({ rows: 9, expected: 10, pull: ended })], [9, 9, 1]],
  ] as const;
  for (const [title, tables, [rows, expected, done]] of cases) {
    test(title, () => {
      const found = measure({ tables: [...tables] }, run, {});
      assert.deepEqual([found.rows, found.expected, found.ended], [rows, expected, done]);
    });
  }

  test("is that of the tables asked for", () => {
    const tables = [table({ rows: 1, expected: 2 }), table({ name: "other", rows: 3, expected: 4 })];
    assert.deepEqual(measure({ tables }, run, { tables: ["other"] }), { rows: 3, expected: 4, tables: 1, ended: 0 });
  });

  test("counts a table that is read again only when its new listing has ended", () => {
    const before = { state: "complete", startedAt: "2026-11-24T09:00:00.000Z" };
    const tables = [
      table({ rows: 10, expected: 10 }),
      table({ rows: 20, expected: 20, pull: before }),
      table({ rows: 5, expected: 5, pull: ended }),
    ];
    assert.deepEqual(measure({ tables }, run, { restart: true }), { rows: 5, expected: 35, tables: 3, ended: 1 });
  });

  test("tells rate and time left", () => {
    const samples = [
      { atMs: 1_000, rows: 100 },
      { atMs: 3_000, rows: 300 },
    ];
    assert.deepEqual(pace(samples, { rows: 300, expected: 900 }), { rate: 100, leftMs: 6_000 });
    assert.deepEqual(pace(samples, { rows: 300, expected: null }), { rate: 100, leftMs: null });
    assert.deepEqual(pace(samples.slice(1), { rows: 300, expected: 900 }), { rate: 0, leftMs: null });
  });
});

test("progress of a pull is drawn on a terminal with rows, rate and time left, and taken away", async () => {
  const drawn = new PassThrough();
  Object.assign(drawn, { isTTY: true, columns: 120 });
  const tables = [table({ rows: 1_200, expected: 5_000 })];
  const status = { name: "a", state: "pulling", since: run.startedAt, message: null, tables };
  const api = { url: "", call: async () => ({ value: status, text: "" }) } as unknown as Api;
  let text = "";
  drawn.on("data", (chunk) => (text += String(chunk)));
  const progress = createProgress({ to: drawn, source: "a", kind: "pull", asked: {}, api });
  await sleep(300);
  await progress.show(run);
  progress.end();
  assert.match(text, /Reading .*1,200 of 5,000 rows, \d+ rows\/s, .* left/s);
});

test("times are local ISO without fractions, and a dash for none", () => {
  const text = toLocal("2026-11-24T12:00:00.123Z");
  assert.match(text, /^2026-11-2\dT\d\d:\d\d:00[+-]\d\d:\d\d$/);
  assert.equal(Date.parse(text), Date.parse("2026-11-24T12:00:00Z"));
  assert.equal(toLocal(null), "–");
});

test("durations have the unit that fits", () => {
  assert.deepEqual([null, 0, 999, 4_230, 42_000, 180_000, 7_500_000, 7_200_000].map(toDuration), [
    "–",
    "0 ms",
    "999 ms",
    "4.2 s",
    "42 s",
    "3 min",
    "2 h 5 min",
    "2 h",
  ]);
});
