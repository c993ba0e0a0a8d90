import type { DeskInProcess, TableName } from "@deskmirror/desk-emulator";

/** When records were deleted and brought back in Desk. */
export interface Chronicle {
  /** Remembers what a step did to a record; children share their ticket's fate. */
  deleted(table: string, key: string): void;
  restored(table: string, key: string): void;
  wasDeleted(table: string, key: string): boolean;
  /** Whether it existed at some moment after this time; what proves an absence is known to be late by some seconds. */
  livedSince(table: string, key: string, ms: number): boolean;
}

/** A chronicle of nothing yet. */
export function createChronicle(desk: DeskInProcess): Chronicle {
  const deaths = new Map<string, number>();
  const returns = new Map<string, number>();
  const nameOf = (table: string, key: string): string => `${table === "archived_tickets" ? "tickets" : table} ${key}`;

  /** A record and the ticket it belongs to: either may be deleted or brought back. */
  function namesOf(table: string, key: string): readonly string[] {
    const record = table.startsWith("ticket_") ? desk.store.record(table as TableName, key) : undefined;
    const ticket = record?.parentId ?? null;
    return ticket === null ? [nameOf(table, key)] : [nameOf(table, key), nameOf("tickets", ticket)];
  }

  return {
    deleted: (table, key) => void deaths.set(nameOf(table, key), desk.clock.now()),
    restored: (table, key) => void returns.set(nameOf(table, key), desk.clock.now()),
    wasDeleted(table, key) {
      if (desk.store.record(table as TableName, key)?.deleted !== false) return true;
      return namesOf(table, key).some((name) => deaths.has(name));
    },
    livedSince: (table, key, ms) =>
      desk.store.record(table as TableName, key)?.deleted === false ||
      namesOf(table, key).some((name) => (returns.get(name) ?? 0) >= ms || (deaths.get(name) ?? 0) > ms),
  };
}
