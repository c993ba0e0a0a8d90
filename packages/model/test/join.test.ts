import { test } from "node:test";
import fc from "fast-check";
import { properties, realRules } from "./convergence.ts";

const runs = { numRuns: 3_000 };

test("any order, duplication and batching of the same changes gives the same row", () => {
  fc.assert(properties.sameRow(realRules), runs);
});

test("a final full read gives the truth, whatever came before it and whatever arrives late", () => {
  fc.assert(properties.truth(realRules), runs);
});

test("no write makes a register older and no tombstone is undone by an older state", () => {
  fc.assert(properties.neverOlder(realRules), runs);
});
