import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { join } from "@deskmirror/model";
import type { StateChange } from "@deskmirror/model";
import { properties, realRules } from "./convergence.ts";
import type { Rules } from "./convergence.ts";
import { stamp } from "./history.ts";

/** The real rules with one taken away, and the property that must notice. */
interface BrokenRule {
  readonly removed: string;
  readonly rules: Rules;
  readonly property: keyof typeof properties;
}

function withJoin(change: (left: StateChange, right: StateChange, joined: StateChange) => Partial<StateChange>): Rules {
  const broken = (left: StateChange, right: StateChange): StateChange => {
    const joined = join(left, right);
    return { ...joined, ...change(left, right, joined) } as StateChange;
  };
  return { ...realRules, join: broken };
}

function withStamp(change: Partial<typeof stamp>): Rules {
  return { ...realRules, stamp: { ...stamp, ...change } };
}

const brokenRules: readonly BrokenRule[] = [
  {
    removed: "the newest core wins",
    rules: withJoin((left, right) => ({ core: right.core ?? left.core })),
    property: "sameRow",
  },
  {
    removed: "the newest core wins, against late arrivals",
    rules: withJoin((left, right) => ({ core: right.core ?? left.core })),
    property: "truth",
  },
  {
    removed: "an older core never overwrites",
    rules: withJoin((left, right) => ({ core: right.core ?? left.core })),
    property: "neverOlder",
  },
  {
    removed: "the newest detail wins",
    rules: withJoin((left, right) => ({ detail: right.detail ?? left.detail })),
    property: "sameRow",
  },
  {
    removed: "detail is a register of its own, not a shallow merge",
    rules: withJoin((left, right, joined) => {
      if (left.detail === null || right.detail === null) return {};
      return { detail: { version: joined.detail!.version, data: { ...left.detail.data, ...right.detail.data } } };
    }),
    property: "truth",
  },
  {
    removed: "life is a register of its own, not the fate of the last change",
    rules: withJoin((_left, right) => ({ life: right.life })),
    property: "sameRow",
  },
  {
    removed: "an older life never undoes a tombstone",
    rules: withJoin((_left, right) => ({ life: right.life })),
    property: "neverOlder",
  },
  {
    removed: "modified time goes with the core it describes",
    rules: withJoin((left, right) => ({ modifiedMs: right.modifiedMs ?? left.modifiedMs })),
    property: "sameRow",
  },
  {
    removed: "provisional detail is older than any detail with authority",
    rules: withStamp({ provisionalMs: (modifiedMs) => modifiedMs + 60_000 }),
    property: "truth",
  },
  {
    removed: "a search row claims to be current no later than its modified time",
    rules: withStamp({
      currentMs: (sight, modifiedMs) =>
        sight.kind === "search" ? sight.atMs + 60_000 : stamp.currentMs(sight, modifiedMs),
    }),
    property: "truth",
  },
  {
    removed: "a search row proves life no later than its modified time",
    rules: withStamp({
      aliveMs: (sight, modifiedMs) =>
        sight.kind === "search" ? sight.atMs + 60_000 : stamp.aliveMs(sight, modifiedMs),
    }),
    property: "truth",
  },
  {
    removed: "a read is stamped with a lower bound, not with a later clock of ours",
    rules: withStamp({
      currentMs: (sight, modifiedMs) =>
        sight.kind === "list" ? sight.atMs + 60_000 : stamp.currentMs(sight, modifiedMs),
    }),
    property: "truth",
  },
];

for (const { removed, rules, property } of brokenRules) {
  test(`without the rule "${removed}" the property ${property} has a counterexample`, () => {
    const found = fc.check<unknown[]>(properties[property](rules) as fc.IProperty<unknown[]>, { numRuns: 20_000 });
    assert.ok(found.failed, "the property holds without this rule: it does not test it");
  });
}
