import type { Delivery, DeliveryGroup } from "@deskmirror/model";

/** A delivery of one event. */
export function makeDelivery(id: string, body = `[{"eventType":"Ticket_Add","payload":{"id":"${id}"}}]`): Delivery {
  return {
    id,
    receivedMs: Date.now(),
    body,
    kind: "events",
    signature: "missing",
    token: null,
    module: null,
    events: 1,
  };
}

/** A group of so many deliveries. */
export function makeGroup(id: string, source = "acme", deliveries = 1): DeliveryGroup {
  return { id, source, deliveries: Array.from({ length: deliveries }, (_, index) => makeDelivery(`${id}-${index}`)) };
}
