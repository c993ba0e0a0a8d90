import fc from "fast-check";
import { hashContent, toContentVersion, toLifeVersion } from "@deskmirror/model";
import type { JsonObject, Register, StateChange } from "@deskmirror/model";

/** What one record truly was from a moment on (ms). */
export interface TrueState {
  readonly atMs: number;
  readonly alive: boolean;
  readonly modifiedMs: number;
  readonly core: JsonObject;
  readonly detail: JsonObject;
}

/** How a record may be seen; `lagMs` and `slackMs` are how far a search row or a lower bound stays behind. */
export interface Sight {
  readonly kind: "list" | "search" | "event" | "get" | "bin";
  readonly atMs: number;
  readonly lagMs: number;
  readonly slackMs: number;
}

/** How a sight becomes a change; broken-rules.test.ts removes one rule at a time. */
export interface Stamp {
  /** The `a` of a row that was read (list or GET) at `atMs` with a bound `slackMs` before it. */
  readonly currentMs: (sight: Sight, modifiedMs: number) => number;
  /** The life time of a living state. */
  readonly aliveMs: (sight: Sight, modifiedMs: number) => number;
  /** The `s` of provisional detail. */
  readonly provisionalMs: (modifiedMs: number) => number;
}

export const stamp: Stamp = {
  currentMs: (sight, modifiedMs) => {
    if (sight.kind === "event") return sight.atMs;
    return sight.kind === "search" ? modifiedMs : sight.atMs - sight.slackMs;
  },
  aliveMs: (sight, modifiedMs) =>
    sight.kind === "event" || sight.kind === "search" ? modifiedMs : sight.atMs - sight.slackMs,
  provisionalMs: () => 0,
};

const START_MS = 1_000_000;
const SKIP: ReadonlySet<string> = new Set();

type Step = "update" | "touch" | "delete" | "restore" | "restoreQuietly";

/** Random true histories of one record: created, then changed one to eight times. `touch` changes content but not modifiedTime. */
export const histories: fc.Arbitrary<readonly TrueState[]> = fc
  .array(
    fc.record({
      step: fc.constantFrom<Step>("update", "update", "touch", "delete", "restore", "restoreQuietly"),
      afterMs: fc.integer({ min: 1, max: 20_000 }),
      core: fc.integer({ min: 0, max: 3 }),
      detail: fc.integer({ min: 0, max: 3 }),
    }),
    { minLength: 1, maxLength: 8 },
  )
  .map((steps) => {
    const states: TrueState[] = [
      { atMs: START_MS, alive: true, modifiedMs: START_MS, core: { c: 0 }, detail: { d: 0 } },
    ];
    for (const { step, afterMs, core, detail } of steps) {
      const last = states.at(-1)!;
      const atMs = last.atMs + afterMs;
      if (step === "delete") states.push({ ...last, atMs, alive: false });
      else if (step === "restoreQuietly") states.push({ ...last, atMs, alive: true });
      else if (step === "restore") states.push({ ...last, atMs, alive: true, modifiedMs: atMs });
      else if (last.alive)
        states.push({
          atMs,
          alive: true,
          modifiedMs: step === "touch" ? last.modifiedMs : atMs,
          core: { c: core },
          detail: { d: detail },
        });
    }
    return states;
  });

/** Random looks at a history, with every event among them or not. */
export function sightsOf(states: readonly TrueState[]): fc.Arbitrary<readonly Sight[]> {
  const endMs = states.at(-1)!.atMs + 5_000;
  const look = fc.record({
    kind: fc.constantFrom<Sight["kind"]>("list", "search", "get", "bin"),
    atMs: fc.integer({ min: START_MS, max: endMs }),
    lagMs: fc.integer({ min: 0, max: 10_000 }),
    slackMs: fc.integer({ min: 0, max: 4_000 }),
  });
  const events = states.map((state): Sight => ({ kind: "event", atMs: state.atMs, lagMs: 0, slackMs: 0 }));
  return fc
    .tuple(fc.array(look, { maxLength: 8 }), fc.subarray(events))
    .map(([looks, seen]) => [...looks, ...seen].filter((sight) => toChange(states, sight, stamp) !== null));
}

/** The change a sight gives; null when it shows nothing. */
export function toChange(states: readonly TrueState[], sight: Sight, rules: Stamp): StateChange | null {
  const seenMs = sight.kind === "search" ? sight.atMs - sight.lagMs : sight.atMs;
  const state = states.findLast(({ atMs }) => atMs <= seenMs);
  if (state === undefined) return null;
  const gone = { op: "delete", key: "k", parentId: null, modifiedMs: null, core: null, detail: null } as const;
  const died = (atMs: number): StateChange => ({
    ...gone,
    origin: sight.kind,
    life: toLifeVersion(atMs, "dead"),
    deletedMs: atMs,
  });
  if (!state.alive) {
    if (sight.kind === "bin") return died(deathOf(states, state));
    if (sight.kind === "event") return died(sight.atMs);
    return sight.kind === "get" ? died(sight.atMs - sight.slackMs) : null;
  }
  if (sight.kind === "bin") return null;
  return {
    op: "upsert",
    key: "k",
    origin: sight.kind,
    parentId: null,
    modifiedMs: state.modifiedMs,
    core: register(state.core, state.modifiedMs, sight, rules),
    detail: detailOf(state, sight, rules),
    life: toLifeVersion(rules.aliveMs(sight, state.modifiedMs), "alive"),
  };
}

/** When the record went to the recycle bin in which it lies. */
function deathOf(states: readonly TrueState[], dead: TrueState): number {
  const lastAlive = states.findLast(({ alive, atMs }) => alive && atMs < dead.atMs);
  return states.find(({ atMs }) => atMs > (lastAlive?.atMs ?? 0))!.atMs;
}

/** A GET and an event show detail whole; a list row shows a part of it; a search row none. */
function detailOf(state: TrueState, sight: Sight, rules: Stamp): Register | null {
  if (sight.kind === "search") return null;
  if (sight.kind !== "list") return register(state.detail, state.modifiedMs, sight, rules);
  const partial = { ...state.detail, partial: true };
  return register(partial, rules.provisionalMs(state.modifiedMs), sight, rules);
}

function register(data: JsonObject, modifiedMs: number, sight: Sight, rules: Stamp): Register {
  const version = toContentVersion({
    modifiedMs,
    currentMs: rules.currentMs(sight, modifiedMs),
    contentHash: hashContent(data, SKIP),
    fromGet: sight.kind === "get",
  });
  return { version, data };
}

/** A GET after everything, from whose bound on the record is as the last state says. */
export function finalSight(states: readonly TrueState[]): Sight {
  return { kind: "get", atMs: states.at(-1)!.atMs + 30_000, lagMs: 0, slackMs: 4_000 };
}
