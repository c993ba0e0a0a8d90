import type { Table } from "@deskmirror/model";
import type { Durable } from "./forms.ts";
import type { Stage } from "./steps.ts";
import type { IsOwed, Shown } from "./verdict.ts";
import { findUnlike } from "./verdict.ts";

/**
 * What is wrong with the children of tickets after rounds, and before anything was read whole. Owed are the children of every ticket that was
 * modified since, those told of by an event of their own, and those of tickets that are deleted here too, unless they were archived before, since
 * then nothing tells of it. Of a child whose end no event told, an older event may have come after its ticket was read. What no event and no
 * round shows waits for the whole compare (README, "What you can rely on").
 */
export async function findStaleChildren(
  stage: Stage,
  durable: Durable,
  tables: readonly Table[],
): Promise<readonly string[]> {
  const { desk, chronicle } = stage;
  const children = tables.filter(({ stream }) => stream.startsWith("ticket_"));
  const tickets = tables.filter(({ stream }) => stream === "tickets");
  const unlike = new Set(
    (await findUnlike(stage, durable, tickets)).map((fault) => /\d+:/.exec(fault)?.[0].slice(0, -1)),
  );
  const { toldMs, heardMs } = findTold(stage);

  const isOwed: IsOwed = (table, record) => {
    const ticket = record.parentId === null ? undefined : desk.store.record("tickets", record.parentId);
    if (ticket === undefined || ticket.archived || unlike.has(ticket.key)) return false;
    if (ticket.deleted) return true;
    const modifiedMs = Date.parse(ticket.modifiedTime ?? "");
    const isTold = (name: string, atMs: number): boolean => (toldMs.get(name) ?? 0) >= atMs;
    if (table === "ticket_history") {
      const { atMs, told } = birthOf(record);
      return modifiedMs >= atMs || isTold(told, atMs);
    }
    const atMs = chronicle.touchedMs(table, record.key);
    const isDeleted = desk.store.record(table, record.key)?.deleted ?? true;
    if (isTold(nameOf(record.key, isDeleted), atMs)) return true;
    return modifiedMs >= (isDeleted ? Math.max(atMs, heardMs.get(record.key) ?? 0) : atMs);
  };

  return findUnlike(stage, durable, children, isOwed);
}

/** A row of history is born with the change it tells of; that of a child names it. */
function birthOf({ key, data }: Shown): { readonly atMs: number; readonly told: string } {
  const [child] = (data["eventInfo"] ?? []) as readonly { readonly id?: string }[];
  return { atMs: Number(key.split(":")[1]), told: child?.id ?? "" };
}

/** That a record came and that it went may be told of the same millisecond. */
const nameOf = (id: string, isDeleted: boolean): string => (isDeleted ? `${id} deleted` : id);

/** Of each record's life and of its end: the latest event that an answered delivery told, and when the last one was applied here (ms). */
function findTold({ plant: { traffic } }: Stage): Record<"toldMs" | "heardMs", ReadonlyMap<string, number>> {
  const toldMs = new Map<string, number>();
  const heardMs = new Map<string, number>();
  const raise = (times: Map<string, number>, name: string, ms: number): void =>
    void times.set(name, Math.max(times.get(name) ?? 0, ms));
  for (const { id: group, deliveries } of traffic.groups.values()) {
    for (const { id, kind, body } of deliveries) {
      if (kind !== "events" || !traffic.answered.has(id)) continue;
      for (const { eventType, eventTime, payload } of JSON.parse(body) as readonly Event[]) {
        const name = nameOf(payload.id, eventType.endsWith("_Delete"));
        raise(toldMs, name, Number(eventTime));
        raise(heardMs, name, traffic.settledMs.get(group) ?? 0);
      }
    }
  }
  return { toldMs, heardMs };
}

interface Event {
  readonly eventType: string;
  readonly eventTime: string;
  readonly payload: { readonly id: string };
}
