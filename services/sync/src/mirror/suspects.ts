import { isAside, toLifeParts } from "@deskmirror/model";
import type { Change, Doubt, Row, Suspect } from "@deskmirror/model";
import type { TableContext } from "./table-context.ts";

const PAGE = 500;

/** A listing that lacks more rows than this, and more than this share of all, is not believed; the share alone where nothing else can be asked. */
const BRAKE_ROWS = 25;
const BRAKE_SHARE = 0.25;

/** The earliest time at which the records of a page are proven alive; `boundMs` when the page proves none. */
export function lowerBound(boundMs: number, changes: readonly Change[]): number {
  return changes.reduce((bound, change) => {
    if (change.op !== "upsert") return bound;
    return Math.min(bound, toLifeParts(change.life)?.atMs ?? bound);
  }, boundMs);
}

/**
 * Live rows of one parent that a complete reading of its children did not show become doubts: each is asked for by id, and only the answer
 * deletes (docs/invariants.md, I7). The youngest too, of which the reading itself proves nothing: nobody will ask for them again.
 */
export async function doubtUnseen(context: TableContext, shown: ReadonlySet<string>, parentId: string): Promise<void> {
  const { sink, writer } = context;
  for await (const suspects of unseen(context, ({ key }) => shown.has(key), parentId)) {
    await sink.addDoubts(writer.table, toDoubts(suspects));
  }
}

/**
 * Live rows that a whole listing did not show become its suspects, where its pages did not tell them already. Those whose parent is not
 * here, or deleted, are doubts at once: nobody read them, which says why they are missing, and nothing of the listing.
 */
export async function suspectUnseen(context: TableContext, listing: number, boundMs: number): Promise<void> {
  const { sink, writer, stream } = context;
  if (stream.isByCreatedTime) return;
  for await (const suspects of unseen(context, ({ afterMs }) => afterMs >= boundMs)) {
    const read = await readParents(context, suspects);
    const isOrphan = ({ parentId }: Suspect): boolean => read !== null && parentId !== null && !read.has(parentId);
    const orphans = suspects.filter(isOrphan);
    if (orphans.length > 0) await sink.addDoubts(writer.table, toDoubts(orphans));
    const others = suspects.filter((suspect) => !isOrphan(suspect));
    if (others.length > 0) await sink.suspects.add(writer.table, listing, others);
  }
}

const toDoubts = (suspects: readonly Suspect[]): readonly Doubt[] =>
  suspects.map((suspect) => ({ ...suspect, contradiction: null }));

/** The parents of rows that a pull reads children under; null where the stream has no such parents. */
async function readParents(
  { sink, parent }: TableContext,
  suspects: readonly Suspect[],
): Promise<ReadonlySet<string> | null> {
  if (parent === null) return null;
  const keys = new Set(suspects.flatMap(({ parentId }) => parentId ?? []));
  const rows = await sink.rowsByKey(parent.writer.table, [...keys]);
  return new Set(rows.flatMap(({ key, deletedMs }) => (deletedMs === null ? [key] : [])));
}

/** How many rows a listing lacks, and whether that is more than is believed without a person. */
export async function weighSuspects(
  { sink, writer, stream }: TableContext,
  listing: number,
): Promise<{ readonly lacks: number; readonly rows: number; readonly isBrake: boolean }> {
  const lacks = await sink.suspects.count(writer.table, listing);
  if (lacks <= (stream.hasGet ? BRAKE_ROWS : 0)) return { lacks, rows: 0, isBrake: false };
  const { rows } = await sink.count(writer.table);
  return { lacks, rows, isBrake: lacks > rows * BRAKE_SHARE };
}

/** Live rows that were not seen, with when they were last known alive, in parts that are not empty. */
async function* unseen(
  { sink, writer, stream }: TableContext,
  isSeen: (row: Suspect) => boolean,
  parentId?: string,
): AsyncGenerator<readonly Suspect[]> {
  const ofParent = parentId === undefined ? {} : { parentId };
  for (let after: string | null = null; ;) {
    const rows: readonly Row[] = await sink.rows(writer.table, {
      limit: PAGE,
      ...(after !== null && { after }),
      ...ofParent,
    });
    const suspects = rows.flatMap(({ key, parentId: parent, versions, data }): Suspect[] => {
      if (isAside(stream.asideKey, data)) return [];
      const suspect = { key, parentId: parent, afterMs: toLifeParts(versions.life)?.atMs ?? 0 };
      return isSeen(suspect) ? [] : [suspect];
    });
    if (suspects.length > 0) yield suspects;
    if (rows.length < PAGE) return;
    after = rows.at(-1)!.key;
  }
}
