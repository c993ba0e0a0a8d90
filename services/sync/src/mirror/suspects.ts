import { toLifeParts } from "@deskmirror/model";
import type { Change, Doubt, Row } from "@deskmirror/model";
import type { TableContext } from "./table-context.ts";

const PAGE = 500;

/** The earliest time at which the records of a page are proven alive; `boundMs` when the page proves none. */
export function lowerBound(boundMs: number, changes: readonly Change[]): number {
  return changes.reduce((bound, change) => {
    if (change.op !== "upsert") return bound;
    return Math.min(bound, toLifeParts(change.life)?.atMs ?? bound);
  }, boundMs);
}

/**
 * Live rows that a complete reading did not show become doubts: each is asked for by id, and only the answer deletes (docs/invariants.md,
 * I7). `parentId` narrows the rows to one parent's.
 */
export async function doubtUnseen(context: TableContext, boundMs: number, parentId?: string): Promise<number> {
  const { sink, writer } = context;
  let doubted = 0;
  let after: string | undefined;
  for (;;) {
    const query = {
      limit: PAGE,
      ...(after === undefined ? {} : { after }),
      ...(parentId === undefined ? {} : { parentId }),
    };
    const rows = await sink.rows(writer.table, query);
    const unseen = rows.flatMap((row) => toSuspect(row, boundMs));
    if (unseen.length > 0) await sink.addDoubts(writer.table, unseen);
    doubted += unseen.length;
    if (rows.length < PAGE) return doubted;
    after = rows.at(-1)!.key;
  }
}

function toSuspect({ key, parentId, versions }: Row, boundMs: number): readonly Doubt[] {
  const atMs = toLifeParts(versions.life)?.atMs ?? 0;
  return atMs < boundMs ? [{ key, parentId, afterMs: atMs, contradiction: null }] : [];
}
