import type { Change, Outcome } from "./change.ts";
import { NO_ROW, join, joinVersions } from "./join.ts";
import type { RowVersions, StateChange } from "./join.ts";
import { NO_VERSION, toLifeParts, toVersionParts } from "./version.ts";

/** A key that must be asked for (GET by id), and why. */
export interface Doubt {
  readonly key: string;
  readonly parentId: string | null;
  /** Only an answer known current after this time (ms) settles it. */
  readonly afterMs: number;
  /** `s.h` of the state that contradicts the row: such a doubt is raised once for each; null for every other doubt. */
  readonly contradiction: string | null;
}

/** A batch against the rows it meets, worked out before anything is written. */
export interface Resolution {
  /** One for each change, in its order. */
  readonly outcomes: readonly Outcome[];
  /** One for each key whose row must change, sorted by key in byte order. */
  readonly writes: readonly StateChange[];
  /** At most one for each key. */
  readonly doubts: readonly Doubt[];
  /** How many rows were dead before and are alive after. */
  readonly restored: number;
}

/** What a batch is resolved against. */
export interface ResolveOptions {
  /** The versions of the rows that exist, by key. */
  readonly rows: ReadonlyMap<string, RowVersions>;
  /** A state modified after this time (ms on the source's clock) is doubted, not written. */
  readonly horizonMs: number;
}

/**
 * Collapses a batch to one write for each key and finds what is in doubt. Every sink calls it between reading the old versions
 * and writing, so all sinks give the same rows, outcomes and doubts.
 */
export function resolve(changes: readonly Change[], options: ResolveOptions): Resolution {
  const keys = new Map<string, KeyState>();
  const doubted: boolean[] = [];
  for (const change of changes) {
    let state = keys.get(change.key);
    if (state === undefined) keys.set(change.key, (state = keyState(options.rows.get(change.key) ?? NO_ROW)));
    const doubt = findDoubt(state.row, change, options.horizonMs);
    if (doubt !== null) state.doubt = state.doubt === null ? doubt : mergeDoubts(state.doubt, doubt);
    doubted.push(doubt !== null);
    if (change.op === "refetch" || isAhead(change, options.horizonMs)) continue;
    state.row = joinVersions(state.row, change);
    state.write = state.write === null ? change : join(state.write, change);
  }
  const states = [...keys].toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([, state]) => state);
  return {
    outcomes: changes.map((change, index) => (doubted[index] ? "doubt" : outcomeOf(keys.get(change.key)!.row, change))),
    writes: states.flatMap(({ write, row, before }) => (write !== null && differs(before, row) ? [write] : [])),
    doubts: states.flatMap(({ doubt }) => (doubt === null ? [] : [doubt])),
    restored: states.filter(({ before, row }) => isDead(before) && !isDead(row)).length,
  };
}

interface KeyState {
  readonly before: RowVersions;
  row: RowVersions;
  write: StateChange | null;
  doubt: Doubt | null;
}

function keyState(row: RowVersions): KeyState {
  return { before: row, row, write: null, doubt: null };
}

function differs(before: RowVersions, after: RowVersions): boolean {
  return before.core !== after.core || before.detail !== after.detail || before.life !== after.life;
}

function isDead({ life }: RowVersions): boolean {
  return toLifeParts(life)?.dead === true;
}

function outcomeOf(row: RowVersions, change: Change): Outcome {
  if (change.op === "refetch") return "doubt";
  const holds = row.core === change.core?.version || row.detail === change.detail?.version || row.life === change.life;
  return holds ? "applied" : "superseded";
}

/** Doubt is refetched, never guessed: the cases in which no rule on versions can know the truth. */
function findDoubt(row: RowVersions, change: Change, horizonMs: number): Doubt | null {
  const { key, parentId } = change;
  const ask = (afterMs: number, contradiction: string | null = null): Doubt => ({
    key,
    parentId,
    afterMs,
    contradiction,
  });
  if (change.op === "refetch") return ask(change.afterMs);
  if (isAhead(change, horizonMs)) return ask(horizonMs);
  return contradicted(row, change, ask) ?? perhapsRestored(row, change, ask);
}

type Ask = (afterMs: number, contradiction?: string | null) => Doubt;

/** Two states with the same modified time and different content: unless the later of them is a GET, nobody knows which holds. */
function contradicted(row: RowVersions, change: StateChange, ask: Ask): Doubt | null {
  if (change.core === null) return null;
  const old = toVersionParts(row.core);
  const seen = toVersionParts(change.core.version);
  if (old === null || seen === null) return null;
  if (old.modifiedMs !== seen.modifiedMs || old.contentHash === seen.contentHash) return null;
  const later = change.core.version > row.core ? seen : old;
  return later.fromGet ? null : ask(later.currentMs, `${later.modifiedMs}.${later.contentHash}`);
}

/**
 * A restore need not move modifiedTime: an event after the tombstone may tell of one, and so may a search, which shows what exists and
 * proves it alive no later than it was modified.
 */
function perhapsRestored(row: RowVersions, change: StateChange, ask: Ask): Doubt | null {
  const life = toLifeParts(row.life);
  if (life === null || !life.dead || change.op !== "upsert" || change.life > row.life) return null;
  const seenMs = toVersionParts(change.core?.version ?? NO_VERSION)?.currentMs ?? 0;
  const isTold = change.origin === "event" && seenMs > life.atMs;
  return isTold || change.origin === "search" ? ask(life.atMs) : null;
}

/** A state or a death from the future freezes its row until that time comes; only a GET may say so. */
function isAhead({ origin, core, life }: StateChange, horizonMs: number): boolean {
  if (origin === "get") return false;
  const content = toVersionParts(core?.version ?? NO_VERSION);
  return Math.max(content?.modifiedMs ?? 0, content?.currentMs ?? 0, toLifeParts(life)?.atMs ?? 0) > horizonMs;
}

/** The answer that settles two doubts of one key settles both. */
export function mergeDoubts(left: Doubt, right: Doubt): Doubt {
  const [first, second] = left.afterMs >= right.afterMs ? [left, right] : [right, left];
  const contradiction = first.contradiction === second.contradiction ? first.contradiction : null;
  return { ...first, parentId: first.parentId ?? second.parentId, contradiction };
}
