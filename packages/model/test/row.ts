import { NO_VERSION, join, resolve, toLifeParts } from "@deskmirror/model";
import type { Change, Doubt, JsonObject, Outcome, StateChange } from "@deskmirror/model";

export type Join = typeof join;

/** A row as a sink would hold it, kept by a given join. */
export interface MirrorRow {
  state: StateChange | null;
  readonly outcomes: Outcome[];
  readonly doubts: Doubt[];
}

/** Writes batches to one row as a sink does: resolve, then join what it lets through. */
export function writeBatches(batches: readonly (readonly Change[])[], joinStates: Join = join): MirrorRow {
  const row: MirrorRow = { state: null, outcomes: [], doubts: [] };
  for (const batch of batches) {
    const { state } = row;
    const rows = new Map(state === null ? [] : [["k", versionsOf(state)]]);
    const resolution = resolve(batch, { rows, horizonMs: Number.MAX_SAFE_INTEGER });
    row.outcomes.push(...resolution.outcomes);
    row.doubts.push(...resolution.doubts);
    for (const change of batch) {
      if (change.op !== "refetch") row.state = row.state === null ? change : joinStates(row.state, change);
    }
  }
  return row;
}

export function versionsOf(state: StateChange): { core: string; detail: string; life: string } {
  return {
    core: state.core?.version ?? NO_VERSION,
    detail: state.detail?.version ?? NO_VERSION,
    life: state.life,
  };
}

/** What a reader of the table would see. */
export function visible(row: MirrorRow): { alive: boolean; data: JsonObject } {
  const { state } = row;
  return {
    alive: state !== null && !toLifeParts(state.life)!.dead,
    data: { ...state?.detail?.data, ...state?.core?.data },
  };
}

/** Cuts a list into batches after the given lengths. */
export function inBatches<T>(items: readonly T[], lengths: readonly number[]): T[][] {
  const batches: T[][] = [];
  let from = 0;
  for (const length of [...lengths, items.length]) {
    batches.push(items.slice(from, from + length));
    from += length;
  }
  return batches;
}
