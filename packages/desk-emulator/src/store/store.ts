import { isChildTable, type ChildTable, type StoredTable } from "../tables/names.ts";
import { countOf } from "../json.ts";
import type { Clock } from "../clock.ts";
import { createLaggedIndex } from "./lagged-index.ts";
import { createShelf, firstPosition, type Shelf } from "./shelf.ts";
import type { Change, State } from "./state.ts";

/** Makes the children a generated ticket was born with, on first touch. */
export type ChildOrigin = (table: ChildTable, ticket: State) => State[];

/** The records of the organization: current states, shelves, the search index. */
export interface Store {
  /** Loads a generated record without telling anybody. */
  load(state: State): void;
  /** The current state of a record, trashed and archived ones included. */
  get(table: StoredTable, id: string): State | undefined;
  /** Records that lists show. */
  live(table: StoredTable): Shelf;
  /** Archived tickets. */
  archived(): Shelf;
  /** Records as search sees them. */
  searchable(table: StoredTable): Shelf;
  /** The children of one ticket, made on first touch; trashed ones included. */
  children(table: ChildTable, ticketId: string): readonly State[];
  /** Every current state of a table, trashed and archived ones included. */
  all(table: StoredTable): IterableIterator<State>;
  /** States of records that are gone for good. */
  gone(table: StoredTable): IterableIterator<State>;
  /** The recycle bin, oldest first; records older than 60 days are erased when it is read. */
  bin(): readonly State[];
  /** Applies a write and tells the listeners. */
  commit(change: Change): void;
  onChange(listener: (change: Change) => void): void;
  nextSeq(): number;
  nextTicketNumber(): number;
}

/** Options of the store. */
export interface StoreOptions {
  readonly clock: Clock;
  readonly indexLagMs: () => number;
  readonly findsArchived: () => boolean;
  readonly childOrigin: ChildOrigin;
}

/** The recycle bin keeps a record this long (Zoho Desk API, moveToTrash). */
export const binLifeMs = 60 * 86_400_000;

/** Sequence numbers from here on belong to records made while the emulator runs. */
const firstLiveSeq = 5e12;

/** An empty store. */
export function createStore({ clock, indexLagMs, findsArchived, childOrigin }: StoreOptions): Store {
  const current = new Map<StoredTable, Map<string, State>>();
  const gone = new Map<StoredTable, Map<string, State>>();
  const shelves = new Map<StoredTable, Shelf>();
  const archived = createShelf();
  const families = new Map<string, Map<ChildTable, State[]>>();
  const bin: State[] = [];
  const listeners: ((change: Change) => void)[] = [];
  let seq = firstLiveSeq;
  let ticketNumber = 100;

  const index = createLaggedIndex({
    now: () => clock.now(),
    lagMs: indexLagMs,
    findable: (state) => state.trashed === null && (!state.archived || findsArchived()) && !isDeletedAgent(state),
  });

  function mapOf(maps: Map<StoredTable, Map<string, State>>, table: StoredTable): Map<string, State> {
    let map = maps.get(table);
    if (map === undefined) maps.set(table, (map = new Map()));
    return map;
  }

  function live(table: StoredTable): Shelf {
    let shelf = shelves.get(table);
    if (shelf === undefined) shelves.set(table, (shelf = createShelf()));
    return shelf;
  }

  function shelfOf(state: State): Shelf | null {
    if (state.trashed !== null || isDeletedAgent(state)) return null;
    return state.archived ? archived : live(state.table);
  }

  function family(table: ChildTable, ticketId: string): State[] {
    let tables = families.get(ticketId);
    if (tables === undefined) families.set(ticketId, (tables = new Map()));
    let states = tables.get(table);
    if (states === undefined) {
      const ticket = mapOf(current, "tickets").get(ticketId);
      states = ticket === undefined ? [] : childOrigin(table, ticket);
      tables.set(table, states);
      for (const state of states) mapOf(current, table).set(state.id, state);
    }
    return states;
  }

  function placeChild(table: ChildTable, before: State | null, after: State | null): void {
    const states = family(table, (after ?? before)?.parentId ?? "");
    const position = before === null ? -1 : states.indexOf(before);
    if (after === null) states.splice(position, 1);
    else if (position === -1) states.push(after);
    else states[position] = after;
  }

  function toBin(state: State): void {
    if (state.trashed === null) return;
    bin.splice(
      firstPosition(bin, (other) => trashedAt(other) > trashedAt(state)),
      0,
      state,
    );
  }

  function place({ before, after }: Change): void {
    const table = (after ?? before)?.table as StoredTable;
    if (after !== null) {
      mapOf(current, table).set(after.id, after);
    } else if (before !== null) {
      mapOf(current, table).delete(before.id);
      mapOf(gone, table).set(before.id, before);
    }
    if (before !== null && before.trashed !== null) bin.splice(bin.indexOf(before), 1);
    if (after !== null) toBin(after);
    if (isChildTable(table)) {
      placeChild(table, before, after);
      return;
    }
    if (before !== null) shelfOf(before)?.remove(before);
    if (after !== null) shelfOf(after)?.add(after);
  }

  function commit(change: Change): void {
    place(change);
    if (!isChildTable((change.after ?? change.before)?.table as StoredTable)) index.record(change);
    for (const listener of listeners) listener(change);
  }

  function eraseExpired(): void {
    const until = clock.now() - binLifeMs;
    for (let before = bin[0]; before !== undefined && trashedAt(before) <= until; before = bin[0]) {
      commit({ kind: "purge", before, after: null, at: clock.now(), cause: {} });
    }
  }

  return {
    load(state) {
      mapOf(current, state.table).set(state.id, state);
      toBin(state);
      ticketNumber = Math.max(ticketNumber, countOf(state.data, "ticketNumber"));
      shelfOf(state)?.add(state);
      index.load(state);
    },
    get(table, id) {
      eraseExpired();
      return mapOf(current, table).get(id);
    },
    live,
    archived: () => archived,
    searchable: (table) => index.shelf(table),
    children: (table, ticketId) => family(table, ticketId),
    all: (table) => mapOf(current, table).values(),
    gone: (table) => mapOf(gone, table).values(),
    bin() {
      eraseExpired();
      return bin;
    },
    commit,
    onChange: (listener) => void listeners.push(listener),
    nextSeq() {
      seq += 1;
      return seq;
    },
    nextTicketNumber() {
      ticketNumber += 1;
      return ticketNumber;
    },
  };
}

function trashedAt(state: State): number {
  return state.trashed?.at ?? 0;
}

function isDeletedAgent(state: State): boolean {
  return state.table === "agents" && state.data["status"] === "DELETED";
}
