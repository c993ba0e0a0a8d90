import { shown, type Json } from "../json.ts";
import type { State } from "./state.ts";

/** Order of a list: an attribute of the records, ascending or descending; ties stand in ascending id. */
export interface Sort {
  readonly by: string;
  readonly descending: boolean;
}

/** A set of states with orders that are built on first use and kept sorted from then on. */
export interface Shelf {
  readonly size: number;
  get(id: string): State | undefined;
  add(state: State): void;
  remove(state: State): void;
  /** The states in the given order; valid until the next write. */
  ordered(sort: Sort): readonly State[];
}

/** Reads `sortBy`: bare ascending, `-` in front descending. */
export function parseSort(sortBy: string): Sort {
  return sortBy.startsWith("-") ? { by: sortBy.slice(1), descending: true } : { by: sortBy, descending: false };
}

/** sortBy values that mean the time of creation. */
const createdAliases = new Set(["createdTime", "commentedTime", "sendDateTime"]);

/** sortBy values that name another key of the record. */
const aliases: Readonly<Record<string, string>> = {
  account: "accountId",
  contractStartDate: "startDate",
  contractEndDate: "endDate",
  recentThread: "customerResponseTime",
};

/** Keys that hold numbers as text. */
const numeric = new Set([
  "ticketNumber",
  "count",
  "unitPrice",
  "likeCount",
  "dislikeCount",
  "viewCount",
  "feedbackCount",
]);

/** The value by which a list is ordered. */
export function sortValue(state: State, by: string): Json {
  if (by === "id") return state.seq;
  if (createdAliases.has(by)) return state.createdMs;
  if (by === "modifiedTime") return state.modifiedMs;
  const value = state.data[aliases[by] ?? by] ?? null;
  return numeric.has(by) && value !== null ? Number(value) : value;
}

function compareValues(a: Json, b: Json): number {
  if (a === b) return 0;
  if (a === null) return -1;
  if (b === null) return 1;
  if (typeof a === "number" && typeof b === "number") return a - b;
  return shown(a) < shown(b) ? -1 : 1;
}

/** Compares two states in the given order. */
export function comparator({ by, descending }: Sort): (a: State, b: State) => number {
  const sign = descending ? -1 : 1;
  if (by === "createdTime") return (a, b) => sign * (a.createdMs - b.createdMs) || a.seq - b.seq;
  if (by === "modifiedTime") return (a, b) => sign * (a.modifiedMs - b.modifiedMs) || a.seq - b.seq;
  return (a, b) => sign * compareValues(sortValue(a, by), sortValue(b, by)) || a.seq - b.seq;
}

/** The first position at which `isPast` holds, by halving. */
export function firstPosition<T>(list: readonly T[], isPast: (item: T) => boolean): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isPast(list[middle] as T)) high = middle;
    else low = middle + 1;
  }
  return low;
}

interface View {
  readonly compare: (a: State, b: State) => number;
  readonly list: State[];
}

/** An empty shelf. */
export function createShelf(): Shelf {
  const states = new Map<string, State>();
  const views = new Map<string, View>();
  function positionIn({ list, compare }: View, state: State): number {
    return firstPosition(list, (other) => compare(other, state) >= 0);
  }
  return {
    get size() {
      return states.size;
    },
    get: (id) => states.get(id),
    add(state) {
      states.set(state.id, state);
      for (const view of views.values()) view.list.splice(positionIn(view, state), 0, state);
    },
    remove(state) {
      if (states.get(state.id) !== state) return;
      states.delete(state.id);
      for (const view of views.values()) view.list.splice(positionIn(view, state), 1);
    },
    ordered(sort) {
      const name = `${sort.descending ? "-" : ""}${sort.by}`;
      let view = views.get(name);
      if (view === undefined) {
        const compare = comparator(sort);
        view = { compare, list: [...states.values()].toSorted(compare) };
        views.set(name, view);
      }
      return view.list;
    },
  };
}
