import { shown, isoTime, shortHash, type Json, type Row } from "../json.ts";

/** One entry of a ticket's history. */
export interface HistoryEntry {
  readonly eventName: string;
  readonly atMs: number;
  readonly actor: Json;
  readonly eventInfo: Json;
}

/** A row of a ticket's history. */
export function historyRow({ eventName, atMs, actor, eventInfo }: HistoryEntry): Row {
  return { eventName, eventTime: isoTime(atMs), actor, actorInfo: null, source: null, eventInfo };
}

/** Key of a history row: ticket, time in ms, event name and a hash of actor and eventInfo. */
export function historyKey(ticketId: string, row: Row): string {
  const ms = Date.parse(shown(row["eventTime"]));
  const hash = shortHash({ actor: row["actor"] ?? null, eventInfo: row["eventInfo"] ?? null });
  return `${ticketId}:${ms}:${shown(row["eventName"])}:${hash}`;
}

/** `eventInfo` of an update: each named field with its value before and after. */
export function changesOf(before: Row, fields: Row): Json {
  return Object.entries(fields).map(([propertyName, updatedValue]) => ({
    propertyName,
    propertyType: null,
    propertyValue: { previousValue: before[propertyName] ?? null, updatedValue },
    systemProperty: null,
  }));
}
