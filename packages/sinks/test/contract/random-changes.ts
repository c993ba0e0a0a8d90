import fc from "fast-check";
import { toLifeVersion } from "@deskmirror/model";
import type { Change, JsonObject, Origin } from "@deskmirror/model";
import { refetch, registers } from "./changes.ts";

/** Values that encodings trip over; no two of them have the same hash. */
const values = fc.constantFrom<JsonObject[string]>(
  null,
  false,
  0,
  -1.5e300,
  5e-324,
  "",
  "9223372036854775808",
  'quote " back \\ slash \\u0000 brace {} comma',
  "nul \0 inside",
  "lone \ud800 surrogate",
  "paired \u{1F600} surrogate",
  [],
  [null, { deep: [{ "": "empty key" }] }],
  { b: 1, a: { c: null } },
);

const coreData = fc.record({ subject: values, id: values }, { requiredKeys: [] });
const detailData = fc.dictionary(fc.constantFrom("note", "a b", '"', "__proto__", "ünï"), values, { maxKeys: 3 });

const state = fc.record({
  key: fc.constantFrom("a", "b", "c"),
  op: fc.constantFrom("upsert" as const, "delete" as const),
  origin: fc.constantFrom<Origin>("event", "list", "search", "get", "bin"),
  modifiedMs: fc.integer({ min: 1, max: 6 }),
  currentMs: fc.integer({ min: 1, max: 8 }),
  lifeMs: fc.integer({ min: 1, max: 6 }),
  core: fc.option(coreData),
  detail: fc.option(detailData),
  provisional: fc.boolean(),
});

/** States later than this are doubted. */
export const HORIZON_MS = 5;

const change: fc.Arbitrary<Change> = fc.oneof(
  { arbitrary: fc.constantFrom("a", "b", "c").map(refetch), weight: 1 },
  {
    arbitrary: state.map(({ key, op, origin, lifeMs, ...seen }): Change => {
      const { core, detail } = registers({ ...seen, origin });
      // Like at a source, equal core versions have one parent and one modified time.
      const carried = { key, origin, core, detail, parentId: `parent-${seen.modifiedMs}`, modifiedMs: seen.modifiedMs };
      return op === "upsert"
        ? { ...carried, op, life: toLifeVersion(lifeMs, "alive") }
        : { ...carried, op, life: toLifeVersion(lifeMs, "dead"), deletedMs: lifeMs };
    }),
    weight: 9,
  },
);

/** Changes of a few keys, and the same changes shuffled, partly doubled and cut into batches. */
export interface History {
  readonly changes: readonly Change[];
  readonly batches: readonly (readonly Change[])[];
}

export const histories: fc.Arbitrary<History> = fc
  .array(change, { minLength: 1, maxLength: 14 })
  .chain((changes) => fc.record({ changes: fc.constant(changes), doubled: fc.subarray(changes) }))
  .chain(({ changes, doubled }) => {
    const all = [...changes, ...doubled];
    return fc.record({
      changes: fc.constant(changes),
      order: fc.shuffledSubarray(all, { minLength: all.length }),
      sizes: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: all.length, maxLength: all.length }),
    });
  })
  .map(({ changes, order, sizes }) => ({ changes, batches: cut(order, sizes) }));

function cut(changes: readonly Change[], sizes: readonly number[]): readonly (readonly Change[])[] {
  const batches: (readonly Change[])[] = [];
  let start = 0;
  for (const size of sizes) {
    if (start < changes.length) batches.push(changes.slice(start, start + size));
    start += size;
  }
  return batches;
}

/** The same change of a key that no other run uses. */
export function inRun(run: number, given: Change): Change {
  return { ...given, key: `${run}:${given.key}` };
}
