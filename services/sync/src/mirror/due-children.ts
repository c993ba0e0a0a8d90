import type { Change, Stream } from "@deskmirror/model";
import type { Children, DueSet } from "@deskmirror/redis";

/** Marks what a change of a record makes due: its own children, and those children of its parent that no event tells of. */
export type MarkDue = (changes: readonly Pick<Change, "key" | "parentId">[]) => Promise<void>;

/** How to mark what changes of a stream's records make due; null when nothing is. */
export function createMarkDue(
  stream: Stream,
  { source, enabled, dueChildren }: { source: string; enabled: readonly Stream[]; dueChildren: Pick<DueSet, "add"> },
): MarkDue | null {
  const children = enabled.filter(({ perTicket, parent }) => perTicket && parent === stream.name);
  const siblings = stream.perTicket
    ? enabled.filter(({ perTicket, parent, hasEvents }) => perTicket && parent === stream.parent && !hasEvents)
    : [];
  if (!stream.hasEvents || children.length + siblings.length === 0) return null;
  return async (changes) => {
    const toDue = (streams: readonly Stream[], parentKey: string | null): readonly Children[] =>
      parentKey === null ? [] : streams.map(({ name }) => ({ stream: name, parentKey }));
    const due = changes.flatMap(({ key, parentId }) => [...toDue(children, key), ...toDue(siblings, parentId)]);
    await dueChildren.add(source, due);
  };
}
