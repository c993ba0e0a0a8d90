import { isJsonObject } from "@deskmirror/model";
import type { Change, Interpretation, JsonObject, JsonValue } from "@deskmirror/model";
import type { StreamSpec } from "../streams/spec.ts";
import { hasDetail, toChange, toParentId, toTombstone } from "../to-change.ts";
import { toId, toText, toTime } from "../values.ts";
import { EVENTS_WITHOUT_TABLE, EVENT_KINDS, EVENT_TOUCHES } from "./catalogue.ts";
import type { EventKind, EventTouch } from "./catalogue.ts";

/** What an event is read against. */
export interface EventContext {
  readonly orgId: string;
  /** Core keys a GET lacked, by stream: not required. */
  readonly absentKeys: (stream: string) => ReadonlySet<string>;
}

/** Says what one element of a delivery means (Zoho Desk webhooks, event object: eventType, eventTime, orgId, payload). */
export function interpret(element: JsonValue, { orgId, absentKeys }: EventContext): Interpretation {
  if (!isJsonObject(element)) return dead("unknown", "shape", "this element is no event object");
  const type = toText(element["eventType"]);
  if (type === null) return dead("unknown", "shape", "this element has no eventType");
  const org = toText(element["orgId"]);
  if (org !== null && org !== orgId) {
    return dead(type, "org", `the event is of organization ${org}, this source is ${orgId}: correct the webhook's URL`);
  }
  if (EVENTS_WITHOUT_TABLE.has(type)) return { kind: "filtered", type };
  const kind = EVENT_KINDS.get(type);
  const touch = EVENT_TOUCHES.get(type);
  if (kind === undefined && touch === undefined) {
    return dead(type, "unknown-event", `${type} is not known; replay it after an upgrade that knows it, or discard it`);
  }
  const eventMs = toTime(element["eventTime"]);
  const { payload } = element;
  if (eventMs === null) return dead(type, "shape", "eventTime is missing or no time");
  if (!isJsonObject(payload)) return dead(type, "shape", "the event has no payload object");
  if (kind === undefined) return touched(type, touch!, { payload, eventMs });
  if (isOfAnotherParent(kind.spec, payload)) return { kind: "filtered", type };
  const change = changeOf(kind, payload, { eventMs, absentKeys });
  if (change === null) return dead(type, "shape", "the payload has no id");
  if (change.op !== "delete" && kind.spec.parent !== null && change.parentId === null) {
    return dead(type, "shape", `the payload does not say which of the ${kind.spec.parent} the record belongs to`);
  }
  const lacksDetail = change.op === "upsert" && !hasDetail(kind.spec, payload);
  return { kind: "change", type, stream: kind.spec.name, change, eventMs, lacksDetail };
}

/** Time entries belong to tasks and others too; only those of tickets have a table (Zoho Desk OAS, TicketTimeEntry.json). */
function isOfAnotherParent(spec: StreamSpec, payload: JsonObject): boolean {
  const { parent } = payload;
  const of = isJsonObject(parent) ? toText(parent["type"]) : null;
  return spec.parent === "tickets" && of !== null && of.toUpperCase() !== "TICKETS";
}

interface Touched {
  readonly payload: JsonObject;
  readonly eventMs: number;
}

function touched(type: string, touch: EventTouch, { payload, eventMs }: Touched): Interpretation {
  const key = toId(payload[touch.key]);
  const parentId = touch.parent === null ? null : toId(payload[touch.parent]);
  if (key === null || (touch.parent !== null && parentId === null)) return { kind: "filtered", type };
  const change: Change = { op: "refetch", key, origin: "event", parentId, afterMs: eventMs };
  return { kind: "change", type, stream: touch.stream, change, eventMs, lacksDetail: false };
}

interface When {
  readonly eventMs: number;
  readonly absentKeys: (stream: string) => ReadonlySet<string>;
}

function changeOf({ spec, operation }: EventKind, payload: JsonObject, { eventMs, absentKeys }: When): Change | null {
  if (operation === "upsert") {
    return toChange(spec, payload, {
      origin: "event",
      atMs: eventMs,
      parentId: null,
      absentKeys: absentKeys(spec.name),
    });
  }
  const parentId = toParentId(spec, payload, null);
  const key = spec.toKey(payload, parentId);
  if (key === null) return null;
  return operation === "delete"
    ? toTombstone(key, "event", eventMs, parentId)
    : { op: "refetch", key, origin: "event", parentId, afterMs: eventMs };
}

function dead(type: string, reason: string, message: string): Interpretation {
  return { kind: "dead", type, reason, message };
}
