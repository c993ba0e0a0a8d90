import assert from "node:assert/strict";
import fc from "fast-check";
import { join } from "@deskmirror/model";
import type { StateChange } from "@deskmirror/model";
import { finalSight, histories, sightsOf, stamp, toChange } from "./history.ts";
import type { Stamp, TrueState } from "./history.ts";
import { inBatches, versionsOf, visible, writeBatches } from "./row.ts";
import type { Join } from "./row.ts";

/** The rules a property is run under: the real ones, or one of them removed. */
export interface Rules {
  readonly join: Join;
  readonly stamp: Stamp;
}

export const realRules: Rules = { join, stamp };

interface Case {
  readonly states: readonly TrueState[];
  readonly changes: readonly StateChange[];
  readonly shuffled: readonly StateChange[];
  readonly lengths: readonly number[];
}

function cases(rules: Rules): fc.Arbitrary<Case> {
  return histories.chain((states) =>
    sightsOf(states).chain((sights) => {
      const changes = sights.map((sight) => toChange(states, sight, rules.stamp)!);
      return fc
        .tuple(
          fc.shuffledSubarray(changes, { minLength: changes.length }),
          fc.subarray(changes),
          fc.array(fc.nat(4), { maxLength: 8 }),
        )
        .map(([order, again, lengths]) => ({ states, changes, shuffled: [...order, ...again], lengths }));
    }),
  );
}

/** The properties of convergence (docs/invariants.md, I3 to I5), each as a fast-check property over random histories. */
export const properties = {
  /** I3: any order, duplication and batching of the same changes gives the same row. */
  sameRow: (rules: Rules) =>
    fc.property(cases(rules), ({ changes, shuffled, lengths }) => {
      const one = writeBatches([changes], rules.join);
      const other = writeBatches(inBatches(shuffled, lengths), rules.join);
      assert.deepEqual(other.state && pick(other.state), one.state && pick(one.state));
    }),

  /** A read after everything gives the truth, whatever was written before it and arrives after it. */
  truth: (rules: Rules) =>
    fc.property(cases(rules), fc.nat(16), ({ states, shuffled, lengths }, place) => {
      const last = states.at(-1)!;
      const final = toChange(states, finalSight(states), rules.stamp)!;
      const at = Math.min(place, shuffled.length);
      const row = visible(
        writeBatches(inBatches([...shuffled.slice(0, at), final, ...shuffled.slice(at)], lengths), rules.join),
      );
      assert.equal(row.alive, last.alive);
      if (last.alive) assert.deepEqual(row.data, { ...last.detail, ...last.core });
    }),

  /** I4 and I5: no write makes a register older, and a tombstone goes only by a later life. */
  neverOlder: (rules: Rules) =>
    fc.property(cases(rules), ({ shuffled }) => {
      let before = { core: "", detail: "", life: "" };
      shuffled.reduce<StateChange[]>((written, change) => {
        written.push(change);
        const state = writeBatches([written], rules.join).state!;
        const after = versionsOf(state);
        assert.ok(after.core >= before.core && after.detail >= before.detail && after.life >= before.life);
        before = after;
        return written;
      }, []);
    }),
};

function pick({ core, detail, life, modifiedMs, parentId }: StateChange): object {
  return { core, detail, life, modifiedMs, parentId };
}
