import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { hashContent, toContentVersion, toLifeParts, toLifeVersion, toVersionParts } from "@deskmirror/model";

const NOBODY: ReadonlySet<string> = new Set();
const times = fc.integer({ min: 0, max: 4_102_444_800_000 });

test("byte order of version text is the order of its parts", () => {
  fc.assert(
    fc.property(times, times, times, times, (s1, a1, s2, a2) => {
      const version = (modifiedMs: number, currentMs: number): string =>
        toContentVersion({ modifiedMs, currentMs, contentHash: "0".repeat(16), fromGet: false });
      const expected = Math.sign(s1 - s2) || Math.sign(a1 - a2);
      const [left, right] = [version(s1, a1), version(s2, a2)];
      assert.equal(left < right ? -1 : Number(left > right), expected);
    }),
  );
});

test("a content version and a life version give back their parts", () => {
  const parts = { modifiedMs: 1, currentMs: 2, contentHash: "0123456789abcdef", fromGet: true };
  assert.deepEqual(toVersionParts(toContentVersion(parts)), parts);
  assert.deepEqual(toLifeParts(toLifeVersion(7, "dead")), { atMs: 7, dead: true });
  assert.equal(toVersionParts(""), null);
  assert.equal(toLifeParts(""), null);
});

test("a time that is no whole millisecond is refused, not written", () => {
  for (const ms of [1.5, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(() => toLifeVersion(ms, "alive"), RangeError);
  }
});

test("key order, numbers, booleans and the dress of times make no difference to the hash", () => {
  const one = { count: 7, open: true, at: "2026-03-01T08:00:00.000Z", sub: { a: 1, b: null } };
  const other = { sub: { b: null, a: "1" }, at: "1772352000000", open: "true", count: "7" };
  assert.equal(hashContent(one, NOBODY), hashContent(other, NOBODY));
});

test("a null, an absent key, another text and another nesting make a difference; a skipped key makes none", () => {
  const hashes = [{ a: null }, {}, { a: "" }, { a: "x" }, { a: ["x"] }, { a: { x: "" } }, { a: ["x", ""] }].map(
    (data) => hashContent(data, NOBODY),
  );
  assert.equal(new Set(hashes).size, hashes.length);
  assert.equal(hashContent({ a: "x", viewCount: 1 }, new Set(["viewCount"])), hashContent({ a: "x" }, NOBODY));
});

test("a text that no database stores hashes as what is stored in its place", () => {
  const stored = hashContent({ a: "x\uFFFDy", b: ["\uFFFD"] }, NOBODY);
  assert.equal(hashContent({ a: "x\0y", b: ["\0"] }, NOBODY), stored);
  assert.equal(hashContent({ a: "x\uD83Dy", b: ["\uDE00"] }, NOBODY), stored);
});
