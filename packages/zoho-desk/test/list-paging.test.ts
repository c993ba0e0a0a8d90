import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { startList } from "../src/paging/cursor.ts";
import type { ListCursor } from "../src/paging/cursor.ts";
import { readList } from "../src/paging/read-list.ts";
import { specOf } from "../src/scopes.ts";
import { orderBy } from "../src/streams/spec.ts";
import type { StreamSpec } from "../src/streams/spec.ts";
import { createFakeDesk } from "./support/fake-desk.ts";
import type { FakeDesk, FakeRecord } from "./support/fake-desk.ts";

const options = { purpose: "pull", signal: new AbortController().signal } as const;
const roles = specOf("roles");
const ordered: StreamSpec = { ...roles, list: { ...roles.list, limit: 5, order: orderBy("createdTime") } };
const unordered: StreamSpec = { ...roles, list: { ...roles.list, limit: 5 } };

async function readAll(desk: FakeDesk, spec: StreamSpec) {
  const shown = new Set<string>();
  for (let cursor: ListCursor | null = startList(null); ;) {
    const place = JSON.parse(JSON.stringify(cursor)) as ListCursor;
    const page = await readList({ spec, cursor: place, reader: desk.reader, options });
    assert.ok(desk.asked < 5_000, "the reading does not end");
    for (const row of page.rows) shown.add(row["id"] as string);
    cursor = page.next;
    if (cursor === null) return { shown, distinct: page.distinct, shortfall: page.shortfall };
  }
}

function numbered(count: number): readonly FakeRecord[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `r${String(index).padStart(4, "0")}`,
    createdMs: index,
    departmentId: "d0",
  }));
}

const open = { startIsIn: true, endIsIn: true, lastOffset: 4999 };

for (const [name, spec] of [
  ["an ordered list", ordered],
  ["a list in no order", unordered],
] as const) {
  test(`${name} at rest is shown whole and counted exactly`, async () => {
    for (const count of [0, 1, 4, 5, 6, 9, 10, 37]) {
      const { shown, distinct, shortfall } = await readAll(createFakeDesk(numbered(count), open), spec);
      assert.deepEqual([shown.size, distinct, shortfall], [count, count, null]);
    }
  });

  test(`${name} that shifts is complete only when every untouched record was shown, each counted once`, async () => {
    const answers = fc.array(fc.record({ deleted: fc.array(fc.nat(), { maxLength: 8 }), created: fc.nat(3) }), {
      maxLength: 15,
      size: "max",
    });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 40 }), answers, async (count, happenings) => {
        const desk = createFakeDesk(numbered(count), open);
        const deleted = new Set<string>();
        let created = 0;
        desk.beforeAnswer = () => {
          const happening = happenings[desk.asked - 1] ?? { deleted: [], created: 0 };
          for (const pick of happening.deleted) {
            const id = [...desk.records.keys()][pick % Math.max(1, desk.records.size)];
            if (id === undefined) continue;
            desk.records.delete(id);
            deleted.add(id);
          }
          for (let left = happening.created; left > 0; left -= 1) {
            created += 1;
            desk.records.set(`s${created}`, { id: `s${created}`, createdMs: 5_000 + created, departmentId: "d0" });
          }
        };
        const { shown, distinct, shortfall } = await readAll(desk, spec);
        assert.ok(distinct <= count + created, `${distinct} of ${count + created} counted`);
        if (shortfall !== null) return;
        for (const { id } of numbered(count)) if (!deleted.has(id)) assert.ok(shown.has(id), `${id} was never shown`);
      }),
      { numRuns: 400 },
    );
  });
}

test("offsets without the overlap would lose a record to a deletion", async () => {
  const desk = createFakeDesk(numbered(12), open);
  desk.beforeAnswer = () => desk.records.delete("r0000");
  const plain = new Set<string>();
  for (let from = 0; from < 15; from += 5) {
    const { rows } = await desk.reader.list(
      ordered,
      { parentId: null, query: { from: String(from), limit: "5" } },
      options,
    );
    for (const row of rows) plain.add(row["id"] as string);
  }
  assert.equal(plain.size, 11, "the race this test is about does not happen");
  const again = createFakeDesk(numbered(12), open);
  again.beforeAnswer = () => again.records.delete("r0000");
  assert.equal((await readAll(again, ordered)).shown.size, 12);
});

test("an ordered list beyond the offsets is read from both ends", async () => {
  for (const [count, isWhole] of [
    [30, true],
    [45, true],
    [90, false],
  ] as const) {
    const { shown, distinct, shortfall } = await readAll(
      createFakeDesk(numbered(count), { ...open, lastOffset: 24 }),
      ordered,
    );
    assert.equal(shortfall === null, isWhole, `${count} rows: ${shortfall}`);
    if (isWhole) assert.deepEqual([shown.size, distinct], [count, count]);
  }
});

test("a list in no order beyond the offsets says that it cannot be read", async () => {
  const desk = createFakeDesk(numbered(40), { ...open, lastOffset: 24 });
  assert.match((await readAll(desk, unordered)).shortfall ?? "", /rows could be listed/);
});

test("two passes of the same length with different rows do not agree", async () => {
  const desk = createFakeDesk(numbered(7), open);
  desk.beforeAnswer = () => {
    if (desk.asked % 2 === 0) return;
    const [first] = desk.records.keys();
    desk.records.delete(first!);
    desk.records.set(`s${desk.asked}`, { id: `s${desk.asked}`, createdMs: 9_000, departmentId: "d0" });
  };
  assert.match((await readAll(desk, unordered)).shortfall ?? "", /showed different rows/);
});

test("a list in no order that changes in every pass says so", async () => {
  const desk = createFakeDesk(numbered(12), open);
  desk.beforeAnswer = () => {
    const id = `s${desk.asked}`;
    desk.records.set(id, { id, createdMs: 9_000, departmentId: "d0" });
  };
  assert.match((await readAll(desk, unordered)).shortfall ?? "", /showed different rows/);
});

test("one answer that is cut at its known length says so", async () => {
  const spec: StreamSpec = { ...roles, list: { ...roles.list, limit: null, cap: 9 } };
  const desk = createFakeDesk(numbered(9), open);
  desk.reader.list = async () => ({ rows: numbered(9).map(({ id }) => ({ id })), count: null, boundMs: 1, credits: 3 });
  assert.match((await readAll(desk, spec)).shortfall ?? "", /cut at 9 rows/);
});
