import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { startSearch } from "../src/paging/cursor.ts";
import type { SearchCursor } from "../src/paging/cursor.ts";
import { readSearch } from "../src/paging/read-search.ts";
import type { RawPage } from "../src/paging/read-search.ts";
import { specOf } from "../src/scopes.ts";
import { createFakeDesk } from "./support/fake-desk.ts";
import type { FakeDesk, FakeRecord, FakeRules } from "./support/fake-desk.ts";

const limit = 5;
const tickets = specOf("tickets");
const spec = { ...tickets, search: { ...tickets.search!, limit } };
const endMs = 1_000;
const options = { purpose: "pull", signal: new AbortController().signal } as const;

interface Outcome {
  readonly shown: ReadonlySet<string>;
  readonly distinct: number;
  readonly shortfalls: readonly string[];
  readonly spans: readonly Span[];
}

type Span = NonNullable<RawPage<SearchCursor>["shown"]>;

/** Reads all ranges as sync does: what a page splits off is read too. */
async function readAll(desk: FakeDesk, cursors: readonly SearchCursor[]): Promise<Outcome> {
  const shown = new Set<string>();
  const shortfalls: string[] = [];
  const spans: Span[] = [];
  let distinct = 0;
  const open = [...cursors];
  for (let start = open.shift(); start !== undefined; start = open.shift()) {
    for (let cursor: SearchCursor | null = start; cursor !== null;) {
      const page = await readSearch({
        spec,
        cursor: JSON.parse(JSON.stringify(cursor)) as SearchCursor,
        reader: desk.reader,
        options,
        departmentIds: async () => ["d0", "d1", "d2"],
      });
      assert.ok(desk.asked < 5_000, "the reading does not end");
      for (const row of page.rows) shown.add(row["id"] as string);
      if (page.shown !== null) spans.push(page.shown);
      open.push(...page.split);
      cursor = page.next;
      if (cursor !== null) continue;
      distinct += page.distinct;
      if (page.shortfall !== null) shortfalls.push(page.shortfall);
    }
  }
  return { shown, distinct, shortfalls, spans };
}

function range(startMs: number, toMs: number, partRows: number | null): SearchCursor {
  return startSearch({ by: "createdTime", startMs, endMs: toMs, proofMs: toMs, partRows });
}

const rules: fc.Arbitrary<FakeRules> = fc.record({
  startIsIn: fc.boolean(),
  endIsIn: fc.boolean(),
  lastOffset: fc.constantFrom(20, 1000),
});
/** Few instants, so that many records share one; some a millisecond apart, which is as far as a page looks back. */
const records: fc.Arbitrary<FakeRecord[]> = fc
  .array(
    fc.record({ createdMs: fc.constantFrom(0, 1, 2, 3, 9, 10), departmentId: fc.constantFrom("d0", "d1", "d2") }),
    {
      maxLength: 120,
      size: "max",
    },
  )
  .map((all) => all.map((record, index) => ({ ...record, id: `r${index}`, createdMs: 10 + record.createdMs })));
const parts = fc.constantFrom(null, 8, 30);

test("a Desk at rest is shown whole and counted exactly, however its ranges and ties are", async () => {
  await fc.assert(
    fc.asyncProperty(records, rules, parts, async (given, rule, partRows) => {
      const desk = createFakeDesk(given, rule);
      const { shown, distinct, shortfalls } = await readAll(desk, [range(0, 12, partRows), range(12, endMs, partRows)]);
      // A page's query reaches a millisecond beyond its instant on either side.
      const crowd = ({ createdMs, departmentId }: FakeRecord): number =>
        given.filter((one) => one.departmentId === departmentId && Math.abs(one.createdMs - createdMs) <= 1).length;
      const reachable = given.every((record) => crowd(record) <= rule.lastOffset);
      if (!reachable && shortfalls.length > 0) return;
      assert.deepEqual(shortfalls, []);
      assert.equal(shown.size, given.length);
      assert.equal(distinct, given.length);
    }),
    { numRuns: 120 },
  );
});

/** What happens to the Desk before an answer. */
type Happening = { readonly kind: "create" | "delete" | "restore" | "rest"; readonly pick: number };

function disturb(desk: FakeDesk, happenings: readonly Happening[], touched: Set<string>): void {
  const gone: FakeRecord[] = [];
  let next = 0;
  desk.beforeAnswer = () => {
    const happening = happenings[next];
    next += 1;
    if (happening === undefined || happening.kind === "rest") return;
    const alive = [...desk.records.values()];
    if (happening.kind === "create") {
      const id = `n${next}`;
      desk.records.set(id, { id, createdMs: 60 + next, departmentId: "d0" });
      touched.add(id);
    } else if (happening.kind === "restore") {
      const back = gone.pop();
      if (back !== undefined) desk.records.set(back.id, back);
    } else if (alive.length > 0) {
      const record = alive[happening.pick % alive.length]!;
      desk.records.delete(record.id);
      gone.push(record);
      touched.add(record.id);
    }
  };
}

const happenings: fc.Arbitrary<Happening[]> = fc.array(
  fc.record({ kind: fc.constantFrom("create", "delete", "restore", "rest"), pick: fc.nat() }),
  { maxLength: 60, size: "max" },
);

test("while records come, go and come back, complete means that every untouched record was shown", async () => {
  await fc.assert(
    fc.asyncProperty(records, rules, happenings, async (given, rule, changes) => {
      const desk = createFakeDesk(given, rule);
      const touched = new Set<string>();
      disturb(desk, changes, touched);
      const { shown, shortfalls } = await readAll(desk, [range(0, 12, null), range(12, endMs, null)]);
      if (shortfalls.length > 0) return;
      for (const { id } of given) if (!touched.has(id)) assert.ok(shown.has(id), `${id} was never shown`);
    }),
    { numRuns: 120 },
  );
});

const isIn = ({ createdMs }: FakeRecord, { fromMs, toMs }: Span): boolean => createdMs >= fromMs && createdMs < toMs;

test("a span is said to be shown only with every untouched record of it, and together the spans are all there is", async () => {
  await fc.assert(
    fc.asyncProperty(records, rules, parts, happenings, async (given, rule, partRows, changes) => {
      const desk = createFakeDesk(given, rule);
      const touched = new Set<string>();
      disturb(desk, changes, touched);
      const { spans, shortfalls } = await readAll(desk, [range(0, 12, partRows), range(12, endMs, partRows)]);
      const untouched = given.filter(({ id }) => !touched.has(id));
      for (const record of untouched) {
        const around = spans.filter((span) => isIn(record, span));
        for (const { keys } of around) assert.ok(keys.includes(record.id), `${record.id} was not shown`);
        // Of an instant that is read department by department nothing is said.
        if (shortfalls.length === 0 && rule.lastOffset > given.length) assert.ok(around.length > 0, record.id);
      }
    }),
    { numRuns: 200 },
  );
});

test("creations and deletions alone never make a reading incomplete", async () => {
  const calm = happenings.map((all) => all.filter(({ kind }) => kind !== "restore"));
  const roomy = rules.map((rule) => ({ ...rule, lastOffset: 1000 }));
  await fc.assert(
    fc.asyncProperty(records, roomy, calm, async (given, rule, changes) => {
      const desk = createFakeDesk(given, rule);
      disturb(desk, changes, new Set());
      const { shortfalls } = await readAll(desk, [range(0, 50, null)]);
      assert.deepEqual(shortfalls, []);
    }),
    { numRuns: 80 },
  );
});

test("a record that search counts but does not show makes the reading incomplete", async () => {
  await fc.assert(
    fc.asyncProperty(records, rules, fc.nat(), async (given, rule, pick) => {
      fc.pre(given.length > 0);
      const desk = createFakeDesk(given, rule);
      desk.hidden.add(`r${pick % given.length}`);
      assert.notEqual((await readAll(desk, [range(0, endMs, null)])).shortfalls.length, 0);
    }),
    { numRuns: 80 },
  );
});

test("a search that leaves out more than its ends is found out", async () => {
  // The 1 ms before a page's start covers a start that is not in the range; a search that also drops the next ms is not covered.
  const given = Array.from({ length: 40 }, (_, index) => ({
    id: `r${index}`,
    createdMs: 10 + index,
    departmentId: "d0",
  }));
  const desk = createFakeDesk(given, { startIsIn: false, endIsIn: true, lastOffset: 1000 });
  const search: FakeDesk["reader"]["search"] = (...asked) => desk.reader.search(...asked);
  const blind: FakeDesk = {
    ...desk,
    reader: {
      ...desk.reader,
      search(one, query, request) {
        const [start, end] = query["createdTimeRange"]!.split(",");
        const later = new Date(Date.parse(start!) + 2).toISOString();
        const isFirst = Date.parse(start!) === 0;
        return search(one, isFirst ? query : { ...query, createdTimeRange: `${later},${end}` }, request);
      },
    },
  };
  assert.notDeepEqual((await readAll(blind, [range(0, endMs, null)])).shortfalls, []);
});

test("a deletion inside an instant of many records costs one step back, not a second reading", async () => {
  const given = Array.from({ length: 30 }, (_, index) => ({ id: `r${index + 10}`, createdMs: 10, departmentId: "d0" }));
  const desk = createFakeDesk(given, { startIsIn: true, endIsIn: true, lastOffset: 1000 });
  desk.beforeAnswer = () => {
    if (desk.asked === 3) for (const id of ["r10", "r11", "r12", "r13"]) desk.records.delete(id);
  };
  const { shown, shortfalls } = await readAll(desk, [range(0, endMs, null)]);
  assert.deepEqual([shown.size, shortfalls], [30, []]);
  assert.ok(desk.asked <= 11, `${desk.asked} questions`);
});

test("an instant that no department holds within the offsets is named", async () => {
  const given = Array.from({ length: 40 }, (_, index) => ({ id: `r${index}`, createdMs: 10, departmentId: "d0" }));
  const desk = createFakeDesk(given, { startIsIn: true, endIsIn: true, lastOffset: 20 });
  const { shortfalls } = await readAll(desk, [range(0, endMs, null)]);
  assert.equal(shortfalls.length, 1);
  assert.match(shortfalls[0]!, /department d0 .*1970-01-01T00:00:00\.010Z/);
});

test("an instant at the end of a range, larger than offsets reach, is counted by the next range alone", async () => {
  const given = Array.from({ length: 26 }, (_, index) => ({
    id: `r${index}`,
    createdMs: index < 10 ? 11 : 12,
    departmentId: index === 25 ? "d2" : "d0",
  }));
  const desk = createFakeDesk(given, { startIsIn: true, endIsIn: true, lastOffset: 20 });
  assert.equal((await readAll(desk, [range(0, 12, null), range(12, endMs, null)])).distinct, 26);
});

test("a record missing just before an instant larger than offsets reach is missed", async () => {
  const given = Array.from({ length: 50 }, (_, index) => ({
    id: `r${index}`,
    createdMs: index < 20 ? index : 20,
    departmentId: `d${index % 3}`,
  }));
  for (const endIsIn of [true, false]) {
    const desk = createFakeDesk(given, { startIsIn: false, endIsIn, lastOffset: 20 });
    assert.deepEqual((await readAll(desk, [range(0, endMs, null)])).shortfalls, []);
    desk.hidden.add("r19");
    assert.notDeepEqual((await readAll(desk, [range(0, endMs, null)])).shortfalls, []);
  }
});

test("a search out of order is not believed", async () => {
  const given = [3, 1, 2].map((at, index) => ({ id: `r${index}`, createdMs: at, departmentId: "d0" }));
  const desk = createFakeDesk(given, { startIsIn: true, endIsIn: true, lastOffset: 1000 });
  const search: FakeDesk["reader"]["search"] = (...asked) => desk.reader.search(...asked);
  const reader: FakeDesk["reader"] = {
    ...desk.reader,
    async search(one, query, request) {
      const found = await search(one, query, request);
      return { ...found, rows: found.rows.toReversed() };
    },
  };
  const { shortfalls } = await readAll({ ...desk, reader }, [range(0, endMs, null)]);
  assert.match(shortfalls[0]!, /not in the order of createdTime/);
});

test("paging by key costs little more than the fewest pages", async () => {
  const given = Array.from({ length: 2_000 }, (_, index) => ({
    id: `r${index}`,
    createdMs: index * 7,
    departmentId: "d0",
  }));
  const desk = createFakeDesk(given, { startIsIn: true, endIsIn: true, lastOffset: 1000 });
  const { distinct } = await readAll(desk, [range(0, 100_000, null)]);
  assert.equal(distinct, 2_000);
  // Each page of 5 repeats its last row; with pages of 100 that is a hundredth.
  assert.ok(desk.asked <= Math.ceil(2_000 / (limit - 1)) + 2, `${desk.asked} questions`);
});
