import type { Clock } from "../clock.ts";
import { countOf, textOf, type Json, type MutableRow } from "../json.ts";
import type { Settings } from "../settings.ts";
import { tables } from "../tables/index.ts";
import { historyKey, historyRow } from "./history.ts";
import type { Cause, ChangeKind, State } from "./state.ts";
import type { Store } from "./store.ts";

/** What follows a write: the commit itself, the ticket's counts, the ticket's history. */
export interface TicketBook {
  commit(kind: ChangeKind, before: State | null, after: State | null, cause: Cause, firstThread?: State): void;
  /** Counts a child on its ticket; only a setting lets comments and threads move the ticket's modifiedTime. */
  count(child: State, delta: number, cause: Cause): void;
  /** Counts a child that changed its ticket. */
  recount(before: State, after: State, cause: Cause): void;
  recordHistory(ticketId: string, eventName: string, atMs: number, eventInfo: Json): void;
}

/** What the book works with. */
export interface TicketBookDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly settings: Settings;
  /** The agent on whose behalf calls run. */
  readonly actorId: () => string;
}

/** The modifiedTime of the next state: now, and always later than before. */
export function nextModifiedMs(state: State, nowMs: number): number {
  return Math.max(nowMs, state.modifiedMs + 1);
}

/** `lastThread` of a ticket whose last thread is this one. */
export function lastThreadOf({ data }: State): Json {
  const { channel = null, isForward = false, direction = null } = data;
  return { channel, isDraft: false, isForward, direction };
}

/** The book of a store. */
export function createTicketBook({ store, clock, settings, actorId }: TicketBookDeps): TicketBook {
  function commit(...[kind, before, after, cause, firstThread]: Parameters<TicketBook["commit"]>): void {
    store.commit({ kind, before, after, at: clock.now(), cause, firstThread });
  }

  function ticketOf({ table, parentId, data }: State): State | undefined {
    const counted = tables[table].write?.counted ?? null;
    if (counted === null) return undefined;
    const id = counted.ticketKey === null ? parentId : textOf(data, counted.ticketKey);
    return id === null ? undefined : store.get("tickets", id);
  }

  function count(child: State, delta: number, cause: Cause): void {
    const ticket = ticketOf(child);
    const key = tables[child.table].write?.counted?.key;
    if (ticket === undefined || key === undefined) return;
    const data: MutableRow = { ...ticket.data, [key]: String(Math.max(0, countOf(ticket.data, key) + delta)) };
    const isThread = child.table === "ticket_threads";
    if (isThread && delta > 0) data["lastThread"] = lastThreadOf(child);
    const moves = settings.childMovesModifiedTime && (isThread || child.table === "ticket_comments");
    const modifiedMs = moves ? nextModifiedMs(ticket, clock.now()) : ticket.modifiedMs;
    commit(moves ? "update" : "count", ticket, { ...ticket, data, modifiedMs }, cause);
  }

  return {
    commit,
    count,
    recount(before, after, cause) {
      if (ticketOf(before)?.id === ticketOf(after)?.id) return;
      count(before, -1, cause);
      count(after, 1, cause);
    },
    recordHistory(ticketId, eventName, atMs, eventInfo) {
      const id = actorId();
      const actor = { id, name: store.get("agents", id)?.data["name"] ?? null, type: "Agent" };
      const data = historyRow({ eventName, atMs, actor, eventInfo });
      const birth = { parentId: ticketId, createdMs: atMs, modifiedMs: atMs, trashed: null, archived: false };
      const key = historyKey(ticketId, data);
      commit(
        "create",
        null,
        { table: "ticket_history", id: key, seq: store.nextSeq(), data, ...birth },
        { silent: true },
      );
    },
  };
}
