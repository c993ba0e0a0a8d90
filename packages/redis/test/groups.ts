import type { Delivery, DeliveryGroup, Settlement } from "@deskmirror/model";
import { ulid } from "ulid";

/** A group of deliveries with the given numbers of events. */
export function group(source: string, ...events: readonly number[]): DeliveryGroup {
  return { id: `g-${ulid()}`, source, deliveries: events.map(delivery) };
}

function delivery(events: number): Delivery {
  const body = JSON.stringify(Array.from({ length: events }, (_, index) => ({ eventType: "Ticket_Update", index })));
  return {
    id: ulid(),
    receivedMs: Date.now(),
    body,
    kind: "events",
    signature: "missing",
    token: null,
    module: null,
    events,
  };
}

/** Where events went, with zeros where nothing is said. */
export function settled(buckets: Partial<Settlement> = {}): Settlement {
  return { applied: 0, superseded: 0, filtered: 0, deadLettered: 0, ...buckets };
}
