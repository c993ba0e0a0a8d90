import { toStorableText } from "@deskmirror/model";
import type { DeadLetter, Delivery, JsonValue } from "@deskmirror/model";

/** One element of a delivery. */
export interface Event {
  readonly delivery: Delivery;
  readonly index: number;
  readonly element: JsonValue;
}

/** Why something is dead, as its letter says it. */
export type Cause = Pick<DeadLetter, "eventType" | "table" | "key" | "reason" | "message">;

/** A cause that speaks of no record. */
export const noRecord = { eventType: null, table: null, key: null };

/** Events of one delivery that are dead for one reason are one letter, however many they are. */
export function toLetter(source: string, events: readonly [Event, ...Event[]], cause: Cause): DeadLetter {
  const [{ delivery, index }] = events;
  const body = JSON.stringify(events.map(({ element }) => element));
  return write({ ...delivery, source, index, events: events.length, body }, cause);
}

/** A delivery of which nothing may be applied is one letter, its body as it came. */
export function toWholeLetter(source: string, delivery: Delivery, cause: Cause): DeadLetter {
  const { module } = delivery;
  return { ...write({ ...delivery, source, index: 0 }, cause), ...(module !== null && { module }) };
}

type Written = Pick<Delivery, "id" | "receivedMs" | "events" | "body" | "replays"> & {
  readonly source: string;
  readonly index: number;
};

function write({ id, source, index, events, receivedMs, body, replays = 0 }: Written, cause: Cause): DeadLetter {
  const message = toStorableText(cause.message);
  return { ...cause, id: `${id}.${index}`, source, events, receivedMs, attempts: replays + 1, body, message };
}

/** Names that are not known are no label of a metric: anybody could make new ones without end. */
export function nameForMetrics({ eventType, reason }: Cause): string {
  return eventType === null || reason === "unknown-event" ? "unknown" : eventType;
}
