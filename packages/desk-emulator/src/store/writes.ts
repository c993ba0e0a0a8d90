import { forbidden, urlNotFound } from "../errors.ts";
import { shown, textOf, type Json, type MutableRow, type Row } from "../json.ts";
import { authorOf } from "../tables/authors.ts";
import { tables } from "../tables/index.ts";
import { isChildTable, type StoredTable } from "../tables/names.ts";
import type { Birth, WriteSpec } from "../tables/spec.ts";
import { changesOf } from "./history.ts";
import { idOf, type Cause, type State } from "./state.ts";
import { createTicketBook, lastThreadOf, nextModifiedMs, type TicketBookDeps } from "./ticket-book.ts";

/** Writes, the one way in for HTTP, workload and tests: clocks, counts, history and events follow. */
export interface Writes {
  /** Makes a record; `parentId` names the ticket of a child. */
  create(table: StoredTable, fields: Row, options?: Cause & { parentId?: string }): State;
  update(table: StoredTable, id: string, fields: Row, cause?: Cause): State;
  /** Deletes as the table does: recycle bin, at once (comments), or status DELETED (agents). */
  delete(table: StoredTable, id: string, cause?: Cause): void;
  restore(table: StoredTable, id: string, cause?: Cause): State;
  /** Erases for good, out of the recycle bin or past it. */
  purge(table: StoredTable, id: string, cause?: Cause): void;
  /** Moves a ticket to another department. */
  move(ticketId: string, departmentId: string, cause?: Cause): State;
  /** Archives a ticket: it leaves the list, keeps its modifiedTime, and no event is sent. */
  archive(ticketId: string): State;
}

/** What writes work with. */
export interface WritesDeps extends TicketBookDeps {
  /** Custom fields of a module, by API name. */
  readonly customFieldNames: (module: string) => Iterable<string>;
}

/** Writes on a store. */
export function createWrites(deps: WritesDeps): Writes {
  const { store, clock, settings, actorId } = deps;
  const book = createTicketBook(deps);

  function forward(state: State): number {
    return nextModifiedMs(state, clock.now());
  }

  function specOf(table: StoredTable): WriteSpec {
    const { write } = tables[table];
    if (write === null) throw forbidden();
    return write;
  }

  function existing(table: StoredTable, id: string): State {
    const state = store.get(table, id);
    if (state === undefined) throw urlNotFound();
    return state;
  }

  function birthOf(fields: Row, parentId: string | null): Birth {
    return { store, fields, parentId, actorId: actorId(), nowMs: clock.now() };
  }

  function auditFields(blank: Row, isNew: boolean): Row {
    const actor = actorId();
    const written: MutableRow = {};
    if ("modifiedBy" in blank) written["modifiedBy"] = actor;
    if ("modifierId" in blank) written["modifierId"] = actor;
    for (const key of ["createdBy", "creatorId"]) if (isNew && key in blank) written[key] = actor;
    return written;
  }

  function cfOf(table: StoredTable, blank: Row, given: Json | undefined): Row {
    if (!("cf" in blank)) return {};
    const module = table === "ticket_time_entries" ? "timeEntry" : table;
    const empty = Object.fromEntries([...deps.customFieldNames(module)].map((name) => [name, null]));
    return { cf: { ...empty, ...(given as Row | undefined) } };
  }

  function parentOf(table: StoredTable, parentId: string | undefined): string | null {
    if (!isChildTable(table)) return parentId ?? null;
    const ticket = existing("tickets", parentId ?? "");
    if (ticket.trashed !== null) throw urlNotFound();
    return ticket.id;
  }

  function newState(table: StoredTable, parentId: string | null, data: Row): State {
    const seq = store.nextSeq();
    const now = clock.now();
    const modifiedMs = table === "ticket_comments" ? 0 : now;
    return { table, id: idOf(seq), seq, parentId, createdMs: now, modifiedMs, trashed: null, archived: false, data };
  }

  function descriptionThread(ticket: State): State {
    const { blank, birth } = specOf("ticket_threads");
    const fields = {
      content: ticket.data["description"] ?? "",
      direction: "in",
      channel: shown(ticket.data["channel"]).toUpperCase(),
    };
    const born = birth?.(birthOf(fields, null)) ?? {};
    const author = authorOf(store, "END_USER", textOf(ticket.data, "contactId"));
    const own = { author, fromEmailAddress: ticket.data["email"] ?? null, isDescriptionThread: true };
    return newState("ticket_threads", ticket.id, { ...blank, ...born, ...own, ...fields });
  }

  function createTicket(ticket: State, cause: Cause): State {
    const thread = descriptionThread(ticket);
    const born = { ...ticket, data: { ...ticket.data, threadCount: "1", lastThread: lastThreadOf(thread) } };
    book.commit("create", null, born, cause, thread);
    book.commit("create", null, thread, { silent: true });
    book.recordHistory(born.id, "TicketCreated", born.createdMs, []);
    return born;
  }

  function changeAlive(state: State, fields: Row, cause: Cause): State {
    const { blank, settle } = specOf(state.table);
    const data: MutableRow = { ...state.data, ...fields, ...auditFields(blank, false) };
    if (fields["cf"] !== undefined) data["cf"] = { ...(state.data["cf"] as Row), ...(fields["cf"] as Row) };
    settle?.(data, state.data, clock.now());
    const after = { ...state, data, modifiedMs: forward(state) };
    book.commit("update", state, after, cause);
    book.recount(state, after, cause);
    if (state.table === "tickets")
      book.recordHistory(state.id, "TicketUpdated", after.modifiedMs, changesOf(state.data, fields));
    return after;
  }

  function create(table: StoredTable, fields: Row, options: Cause & { parentId?: string } = {}): State {
    const { parentId, ...cause } = options;
    const { blank, birth, settle } = specOf(table);
    const parent = parentOf(table, parentId);
    const data: MutableRow = {
      ...blank,
      ...birth?.(birthOf(fields, parent)),
      ...fields,
      ...auditFields(blank, true),
      ...cfOf(table, blank, fields["cf"]),
    };
    settle?.(data, null, clock.now());
    const state = newState(table, parent, data);
    if (table === "tickets") return createTicket(state, cause);
    book.commit("create", null, state, cause);
    book.count(state, 1, cause);
    if (isChildTable(table))
      book.recordHistory(parent as string, `${historyWords[table] ?? table}Added`, state.createdMs, [{ id: state.id }]);
    return state;
  }

  function bin(state: State, cause: Cause): void {
    book.commit("trash", state, { ...state, trashed: { at: clock.now(), by: actorId() } }, cause);
    book.count(state, -1, cause);
  }

  const removals: Readonly<Record<WriteSpec["remove"], (state: State, cause: Cause) => void>> = {
    bin,
    erase(state, cause) {
      book.commit("purge", state, null, cause);
      book.count(state, -1, cause);
    },
    status(state, cause) {
      book.commit("trash", state, { ...state, data: { ...state.data, status: "DELETED" } }, cause);
    },
    never() {
      throw forbidden();
    },
  };

  function update(table: StoredTable, id: string, fields: Row, cause: Cause = {}): State {
    const state = existing(table, id);
    if (state.trashed !== null) throw urlNotFound();
    return changeAlive(state, fields, cause);
  }

  return {
    create,
    update,
    delete(table, id, cause = {}) {
      const state = existing(table, id);
      if (state.trashed !== null) throw urlNotFound();
      removals[specOf(table).remove](state, cause);
    },
    restore(table, id, cause = {}) {
      const state = existing(table, id);
      if (state.trashed === null) throw urlNotFound();
      const modifiedMs = settings.restoreMovesModifiedTime ? forward(state) : state.modifiedMs;
      const after = { ...state, trashed: null, modifiedMs };
      book.commit("restore", state, after, cause);
      book.count(after, 1, cause);
      return after;
    },
    purge(table, id, cause = {}) {
      const state = existing(table, id);
      book.commit("purge", state, null, cause);
      if (state.trashed === null) book.count(state, -1, cause);
    },
    move(ticketId, departmentId, cause = {}) {
      existing("departments", departmentId);
      return update("tickets", ticketId, { departmentId }, cause);
    },
    archive(ticketId) {
      const state = existing("tickets", ticketId);
      if (state.trashed !== null || state.archived) throw urlNotFound();
      const after = { ...state, archived: true };
      book.commit("archive", state, after, {});
      return after;
    },
  };
}

const historyWords: Partial<Record<StoredTable, string>> = {
  ticket_threads: "Thread",
  ticket_comments: "Comment",
  ticket_attachments: "Attachment",
  ticket_time_entries: "TimeEntry",
};
