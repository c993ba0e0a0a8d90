import type { StoredTable } from "../tables/names.ts";
import { createShelf, type Shelf } from "./shelf.ts";
import type { Change, State } from "./state.ts";

/** The search index: it sees every record as it was a while ago. */
export interface LaggedIndex {
  /** Loads a generated state, visible at once. */
  load(state: State): void;
  record(change: Change): void;
  /** The searchable states of a table as of now minus the lag. */
  shelf(table: StoredTable): Shelf;
}

/** Options of the search index. */
export interface LaggedIndexOptions {
  readonly now: () => number;
  readonly lagMs: () => number;
  /** Whether search may find a record in this state. */
  readonly findable: (state: State) => boolean;
}

/** A search index whose states become visible `lagMs` after they were written. */
export function createLaggedIndex({ now, lagMs, findable }: LaggedIndexOptions): LaggedIndex {
  const shelves = new Map<StoredTable, Shelf>();
  let waiting: Change[] = [];
  let head = 0;

  function shelfOf(table: StoredTable): Shelf {
    let shelf = shelves.get(table);
    if (shelf === undefined) shelves.set(table, (shelf = createShelf()));
    return shelf;
  }

  function apply({ before, after }: Change): void {
    if (before !== null) shelfOf(before.table).remove(before);
    if (after !== null && findable(after)) shelfOf(after.table).add(after);
  }

  function drain(): void {
    const until = now() - lagMs();
    while (head < waiting.length && (waiting[head] as Change).at <= until) {
      apply(waiting[head] as Change);
      head += 1;
    }
    if (head > 1024 && head * 2 > waiting.length) {
      waiting = waiting.slice(head);
      head = 0;
    }
  }

  return {
    load(state) {
      if (findable(state)) shelfOf(state.table).add(state);
    },
    record(change) {
      waiting.push(change);
      drain();
    },
    shelf(table) {
      drain();
      return shelfOf(table);
    },
  };
}
