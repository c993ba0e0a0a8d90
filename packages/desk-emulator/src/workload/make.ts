import { sentences } from "../generator/vocabulary.ts";
import type { Row } from "../json.ts";
import type { Random } from "../random.ts";
import type { State } from "../store/state.ts";
import type { Store } from "../store/store.ts";
import type { Writes } from "../store/writes.ts";
import type { ChildTable, StoredTable } from "../tables/names.ts";

/** What a change works with. */
export interface ChangeDeps {
  readonly store: Store;
  readonly writes: Writes;
  readonly random: Random;
  now(): number;
}

/** Makes one change; false when there was nothing to change. */
export type MakeChange = (deps: ChangeDeps) => boolean;

const byId = { by: "id", descending: false };

/** Any record that lists show. */
export function anyOf({ store, random }: ChangeDeps, table: StoredTable): State | undefined {
  const states = store.live(table).ordered(byId);
  return states.length === 0 ? undefined : random.pick(states);
}

function anyTrashed({ store, random }: ChangeDeps, table: StoredTable): State | undefined {
  const states = store.bin().filter((state) => state.table === table);
  return states.length === 0 ? undefined : random.pick(states);
}

/** A child of some ticket that has one; gives up after a few tickets. */
function anyChild(deps: ChangeDeps, table: ChildTable): State | undefined {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const ticket = anyOf(deps, "tickets");
    const children =
      ticket === undefined ? [] : deps.store.children(table, ticket.id).filter((child) => child.trashed === null);
    if (children.length > 0) return deps.random.pick(children);
  }
  return undefined;
}

/** Some HTML, different each time. */
export function html({ random }: ChangeDeps): string {
  return `<div>${random.pick(sentences)} ${random.int(1_000_000)}</div>`;
}

/** Makes a record. */
export function create(table: StoredTable, fields: (deps: ChangeDeps) => Row | null): MakeChange {
  return (deps) => {
    const made = fields(deps);
    if (made !== null) deps.writes.create(table, made);
    return made !== null;
  };
}

/** Changes any record. */
export function update(table: StoredTable, fields: (deps: ChangeDeps, state: State) => Row): MakeChange {
  return (deps) => {
    const state = anyOf(deps, table);
    if (state !== undefined) deps.writes.update(table, state.id, fields(deps, state));
    return state !== undefined;
  };
}

/** Deletes any record. */
export function remove(table: StoredTable): MakeChange {
  return (deps) => {
    const state = anyOf(deps, table);
    if (state !== undefined) deps.writes.delete(table, state.id);
    return state !== undefined;
  };
}

/** Restores any record of the recycle bin. */
export function restore(table: StoredTable): MakeChange {
  return (deps) => {
    const state = anyTrashed(deps, table);
    if (state !== undefined) deps.writes.restore(table, state.id);
    return state !== undefined;
  };
}

/** Makes a child of any ticket. */
export function createChild(table: ChildTable, fields: (deps: ChangeDeps) => Row): MakeChange {
  return (deps) => {
    const ticket = anyOf(deps, "tickets");
    if (ticket !== undefined) deps.writes.create(table, fields(deps), { parentId: ticket.id });
    return ticket !== undefined;
  };
}

/** Changes a child of any ticket. */
export function updateChild(table: ChildTable, fields: (deps: ChangeDeps) => Row): MakeChange {
  return (deps) => {
    const child = anyChild(deps, table);
    if (child !== undefined) deps.writes.update(table, child.id, fields(deps));
    return child !== undefined;
  };
}

/** Deletes a child of any ticket. */
export function removeChild(table: ChildTable): MakeChange {
  return (deps) => {
    const child = anyChild(deps, table);
    if (child !== undefined) deps.writes.delete(table, child.id);
    return child !== undefined;
  };
}
