import type { DeskInProcess, TableName } from "@deskmirror/desk-emulator";

/** When records were changed, deleted and brought back in Desk. */
export interface Chronicle {
  /** Remembers what a step did to a record; children share their ticket's fate. */
  changed(table: string, key: string): void;
  deleted(table: string, key: string): void;
  restored(table: string, key: string): void;
  wasDeleted(table: string, key: string): boolean;
  /** When a step last did anything to the record itself (ms); 0 when none ever did. */
  touchedMs(table: string, key: string): number;
  /** Whether it existed at some moment after this time; what proves an absence is known to be late by some seconds. */
  livedSince(table: string, key: string, ms: number): boolean;
}

/** A chronicle of nothing yet. */
export function createChronicle(desk: DeskInProcess): Chronicle {
  const changes = new Map<string, number>();
  const deaths = new Map<string, number>();
  const returns = new Map<string, number>();
  const nameOf = (table: string, key: string): string => `${table === "archived_tickets" ? "tickets" : table} ${key}`;

  /** A row of history is known to Desk and here by different hashes, and by its ticket to both. */
  function ticketOf(table: TableName, key: string): string | null {
    return table === "ticket_history" ? key.split(":")[0]! : (desk.store.record(table, key)?.parentId ?? null);
  }

  /** A record and the ticket it belongs to: either may be deleted or brought back. */
  function namesOf(table: string, key: string): readonly string[] {
    const ticket = table.startsWith("ticket_") ? ticketOf(table as TableName, key) : null;
    return ticket === null ? [nameOf(table, key)] : [nameOf(table, key), nameOf("tickets", ticket)];
  }

  return {
    changed: (table, key) => void changes.set(nameOf(table, key), desk.clock.now()),
    deleted: (table, key) => void deaths.set(nameOf(table, key), desk.clock.now()),
    restored: (table, key) => void returns.set(nameOf(table, key), desk.clock.now()),
    touchedMs: (table, key) =>
      Math.max(0, ...[changes, deaths, returns].map((times) => times.get(nameOf(table, key)) ?? 0)),
    wasDeleted(table, key) {
      if (table !== "ticket_history" && desk.store.record(table as TableName, key)?.deleted !== false) return true;
      // What was restored had been deleted, be it before the history began.
      return namesOf(table, key).some((name) => deaths.has(name) || returns.has(name));
    },
    livedSince: (table, key, ms) =>
      desk.store.record(table as TableName, key)?.deleted === false ||
      namesOf(table, key).some((name) => (returns.get(name) ?? 0) >= ms || (deaths.get(name) ?? 0) > ms),
  };
}
