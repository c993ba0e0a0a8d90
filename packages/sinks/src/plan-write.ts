import { mergeDoubts, resolve, toLifeParts, toVersionParts } from "@deskmirror/model";
import type { Batch, Change, Doubt, Resolution, RowVersions, StateChange } from "@deskmirror/model";
import { changedCores } from "./detail-due.ts";

/** What a write must do, worked out between reading the old versions and writing. */
export interface WritePlan extends Resolution {
  /** The keys that GETs answered, with the time (ms) up to which the answer settles doubts. */
  readonly answers: ReadonlyMap<string, number>;
  /** The keys that are proven dead, however: what a listing lacked of them is no riddle any more. */
  readonly dead: readonly string[];
}

/** Resolves a batch against the rows it meets. Doubts are to be raised first, then settled by the answers. */
export function planWrite({ table, changes, horizonMs }: Batch, rows: ReadonlyMap<string, RowVersions>): WritePlan {
  const resolution = resolve(changes, { rows, horizonMs });
  const doubts = collapseDoubts([...resolution.doubts, ...changedCores(table, resolution.writes, rows)]);
  return { ...resolution, doubts, answers: findAnswers(changes), dead: resolution.writes.flatMap(toDead) };
}

function toDead({ op, key }: StateChange): readonly string[] {
  return op === "delete" ? [key] : [];
}

/** At most one doubt for each key, in key order. */
export function collapseDoubts(doubts: readonly Doubt[]): readonly Doubt[] {
  const byKey = new Map<string, Doubt>();
  for (const doubt of doubts) {
    const other = byKey.get(doubt.key);
    byKey.set(doubt.key, other === undefined ? doubt : mergeDoubts(other, doubt));
  }
  return [...byKey.values()].toSorted((left, right) => (left.key < right.key ? -1 : 1));
}

function findAnswers(changes: readonly Change[]): ReadonlyMap<string, number> {
  const answers = new Map<string, number>();
  for (const change of changes) {
    if (change.origin !== "get" || change.op === "refetch") continue;
    const currentMs = Math.max(
      toVersionParts(change.core?.version ?? "")?.currentMs ?? 0,
      toVersionParts(change.detail?.version ?? "")?.currentMs ?? 0,
      toLifeParts(change.life)?.atMs ?? 0,
    );
    answers.set(change.key, Math.max(currentMs, answers.get(change.key) ?? 0));
  }
  return answers;
}
