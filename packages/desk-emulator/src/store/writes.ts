import type { Clock } from "../clock.ts";
import { forbidden, urlNotFound } from "../errors.ts";
import { shown, countOf, textOf, type Json, type MutableRow, type Row } from "../json.ts";
import type { Settings } from "../settings.ts";
import { authorOf } from "../tables/authors.ts";
import { tables } from "../tables/index.ts";
import { isChildTable, type StoredTable } from "../tables/names.ts";
import type { Birth, WriteSpec } from "../tables/spec.ts";
import { changesOf, historyKey, historyRow } from "./history.ts";
import { idOf, type Cause, type ChangeKind, type State } from "./state.ts";
import type { Store } from "./store.ts";

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
export interface WritesDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly settings: Settings;
  /** Custom fields of a module, by API name. */
  readonly customFieldNames: (module: string) => Iterable<string>;
  /** The agent on whose behalf calls run. */
  readonly actorId: () => string;
}

/** Writes on a store. */
export function createWrites(deps: WritesDeps): Writes {
  const { store, clock, settings, actorId } = deps;
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

  function commit(
    kind: ChangeKind,
    before: State | null,
    after: State | null,
    cause: Cause,
    firstThread?: State,
  ): void {
    store.commit({ kind, before, after, at: clock.now(), cause, firstThread });
  }

  function recordHistory(ticketId: string, eventName: string, atMs: number, eventInfo: Json): void {
    const id = actorId();
    const actor = { id, name: store.get("agents", id)?.data["name"] ?? null, type: "Agent" };
    const data = historyRow({ eventName, atMs, actor, eventInfo });
    const seq = store.nextSeq();
    const birth = { parentId: ticketId, createdMs: atMs, modifiedMs: atMs, trashed: null, archived: false };
    commit(
      "create",
      null,
      { table: "ticket_history", id: historyKey(ticketId, data), seq, data, ...birth },
      { silent: true },
    );
  }

  function ticketOf({ table, parentId, data }: State): State | undefined {
    const counted = tables[table].write?.counted ?? null;
    if (counted === null) return undefined;
    const id = counted.ticketKey === null ? parentId : textOf(data, counted.ticketKey);
    return id === null ? undefined : store.get("tickets", id);
  }

  /** Counts a child on its ticket; only a setting lets comments and threads move the ticket's modifiedTime. */
  function count(child: State, delta: number, cause: Cause): void {
    const ticket = ticketOf(child);
    const key = tables[child.table].write?.counted?.key;
    if (ticket === undefined || key === undefined) return;
    const data: MutableRow = { ...ticket.data, [key]: String(Math.max(0, countOf(ticket.data, key) + delta)) };
    if (child.table === "ticket_threads" && delta > 0) data["lastThread"] = lastThread(child);
    const moves =
      settings.childMovesModifiedTime && (child.table === "ticket_threads" || child.table === "ticket_comments");
    const after = { ...ticket, data, modifiedMs: moves ? forward(ticket) : ticket.modifiedMs };
    commit(moves ? "update" : "count", ticket, after, cause);
  }

  function forward(state: State): number {
    return Math.max(clock.now(), state.modifiedMs + 1);
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
    const born = { ...ticket, data: { ...ticket.data, threadCount: "1", lastThread: lastThread(thread) } };
    commit("create", null, born, cause, thread);
    commit("create", null, thread, { silent: true });
    recordHistory(born.id, "TicketCreated", born.createdMs, []);
    return born;
  }

  function changeAlive(state: State, fields: Row, cause: Cause): State {
    const { blank, settle } = specOf(state.table);
    const data: MutableRow = { ...state.data, ...fields, ...auditFields(blank, false) };
    if (fields["cf"] !== undefined) data["cf"] = { ...(state.data["cf"] as Row), ...(fields["cf"] as Row) };
    settle?.(data, state.data, clock.now());
    const after = { ...state, data, modifiedMs: forward(state) };
    commit("update", state, after, cause);
    if (state.table === "tickets")
      recordHistory(state.id, "TicketUpdated", after.modifiedMs, changesOf(state.data, fields));
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
    commit("create", null, state, cause);
    count(state, 1, cause);
    if (isChildTable(table))
      recordHistory(parent as string, `${historyWords[table] ?? table}Added`, state.createdMs, [{ id: state.id }]);
    return state;
  }

  function bin(state: State, cause: Cause): void {
    commit("trash", state, { ...state, trashed: { at: clock.now(), by: actorId() } }, cause);
    count(state, -1, cause);
  }

  const removals: Readonly<Record<WriteSpec["remove"], (state: State, cause: Cause) => void>> = {
    bin,
    erase(state, cause) {
      commit("purge", state, null, cause);
      count(state, -1, cause);
    },
    status(state, cause) {
      commit("trash", state, { ...state, data: { ...state.data, status: "DELETED" } }, cause);
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
      commit("restore", state, after, cause);
      count(after, 1, cause);
      return after;
    },
    purge(table, id, cause = {}) {
      const state = existing(table, id);
      commit("purge", state, null, cause);
      if (state.trashed === null) count(state, -1, cause);
    },
    move(ticketId, departmentId, cause = {}) {
      existing("departments", departmentId);
      return update("tickets", ticketId, { departmentId }, cause);
    },
    archive(ticketId) {
      const state = existing("tickets", ticketId);
      if (state.trashed !== null || state.archived) throw urlNotFound();
      const after = { ...state, archived: true };
      commit("archive", state, after, {});
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

function lastThread({ data }: State): Json {
  return {
    channel: data["channel"] ?? null,
    isDraft: false,
    isForward: data["isForward"] ?? false,
    direction: data["direction"] ?? null,
  };
}
