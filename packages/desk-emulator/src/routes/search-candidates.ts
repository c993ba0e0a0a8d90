import { comparator, firstPosition, type Shelf, type Sort } from "../store/shelf.ts";
import type { State } from "../store/state.ts";

/** A range of times, both in milliseconds. */
export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What a search asks for. */
export interface Conditions {
  readonly ids: readonly string[] | null;
  readonly created: TimeRange | null;
  readonly modified: TimeRange | null;
  readonly others: readonly ((state: State) => boolean)[];
}

/** Candidates in the order asked for, and the conditions that are still to be checked. */
export interface Narrowed {
  readonly states: readonly State[];
  readonly conditions: readonly ((state: State) => boolean)[];
}

type TimeKey = "createdMs" | "modifiedMs";

/** Narrows a shelf by ids or by its ordered times, so that a search touches only what its range holds. */
export function narrow(shelf: Shelf, asked: Conditions, sort: Sort, rangeEnd: "inclusive" | "exclusive"): Narrowed {
  const inside = (range: TimeRange | null, key: TimeKey): ((state: State) => boolean)[] =>
    range === null ? [] : [(state) => state[key] >= range.fromMs && isBeforeEnd(state[key], range, rangeEnd)];
  const created = inside(asked.created, "createdMs");
  const modified = inside(asked.modified, "modifiedMs");
  if (asked.ids !== null) {
    const states = asked.ids.map((id) => shelf.get(id)).filter((state) => state !== undefined);
    return { states: states.toSorted(comparator(sort)), conditions: [...created, ...modified, ...asked.others] };
  }
  const range = asked.created ?? asked.modified;
  if (range === null) return { states: shelf.ordered(sort), conditions: asked.others };
  const by = asked.created === null ? "modifiedTime" : "createdTime";
  const key: TimeKey = asked.created === null ? "modifiedMs" : "createdMs";
  const order = { by, descending: sort.by === by && sort.descending };
  const states = cut(shelf.ordered(order), { range, key, descending: order.descending, rangeEnd });
  const conditions = [...(asked.created === null ? [] : modified), ...asked.others];
  return { states: sort.by === by ? states : states.toSorted(comparator(sort)), conditions };
}

function isBeforeEnd(ms: number, { toMs }: TimeRange, rangeEnd: "inclusive" | "exclusive"): boolean {
  return rangeEnd === "inclusive" ? ms <= toMs : ms < toMs;
}

interface Cut {
  readonly range: TimeRange;
  readonly key: TimeKey;
  readonly descending: boolean;
  readonly rangeEnd: "inclusive" | "exclusive";
}

function cut(ordered: readonly State[], { range, key, descending, rangeEnd }: Cut): readonly State[] {
  const isPastEnd = (state: State): boolean => !isBeforeEnd(state[key], range, rangeEnd);
  if (descending) {
    const start = firstPosition(ordered, (state) => !isPastEnd(state));
    return ordered.slice(
      start,
      firstPosition(ordered, (state) => state[key] < range.fromMs),
    );
  }
  const start = firstPosition(ordered, (state) => state[key] >= range.fromMs);
  return ordered.slice(start, Math.max(start, firstPosition(ordered, isPastEnd)));
}
