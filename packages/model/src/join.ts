import type { Change, Register, Tombstone, Upsert } from "./change.ts";
import { NO_VERSION, newest } from "./version.ts";

/** The versions of a row's three registers; `NO_VERSION` where a register was never written. */
export interface RowVersions {
  readonly core: string;
  readonly detail: string;
  readonly life: string;
}

/** A row that was never written. */
export const NO_ROW: RowVersions = { core: NO_VERSION, detail: NO_VERSION, life: NO_VERSION };

/** A change that carries state. */
export type StateChange = Upsert | Tombstone;

/**
 * The one rule of convergence: each register keeps its largest version. Commutative, associative and idempotent, so no order,
 * duplication or batching of the same changes makes a difference (docs/invariants.md, I3).
 */
export function join(left: StateChange, right: StateChange): StateChange {
  const later = left.life > right.life ? left : right;
  const base = newestCore(left, right);
  return {
    ...later,
    core: base.core,
    detail: newestRegister(left.detail, right.detail),
    modifiedMs: base.modifiedMs,
    parentId: base.parentId,
  };
}

/** The versions a row has after a change was joined into it. */
export function joinVersions(row: RowVersions, change: Change): RowVersions {
  if (change.op === "refetch") return row;
  return {
    core: newest(row.core, change.core?.version ?? NO_VERSION),
    detail: newest(row.detail, change.detail?.version ?? NO_VERSION),
    life: newest(row.life, change.life),
  };
}

/** Modified time and parent belong to the core register and go where it goes. */
function newestCore(left: StateChange, right: StateChange): StateChange {
  if (left.core === null || right.core === null) return left.core === null ? right : left;
  return left.core.version > right.core.version ? left : right;
}

function newestRegister(left: Register | null, right: Register | null): Register | null {
  if (left === null || right === null) return left ?? right;
  return left.version > right.version ? left : right;
}
