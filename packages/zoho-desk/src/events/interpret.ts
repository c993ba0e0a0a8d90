import { isJsonObject } from "@deskmirror/model";
import type { Change, Interpretation, JsonObject, JsonValue } from "@deskmirror/model";
import { hasDetail, toChange, toParentId, toTombstone } from "../to-change.ts";
import { toText, toTime } from "../values.ts";
import { EVENTS_WITHOUT_TABLE, EVENT_KINDS } from "./catalogue.ts";
import type { EventKind } from "./catalogue.ts";

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
  if (kind === undefined) {
    return dead(type, "unknown-event", `${type} is not known; replay it after an upgrade that knows it, or discard it`);
  }
  const eventMs = toTime(element["eventTime"]);
  const { payload } = element;
  if (eventMs === null) return dead(type, "shape", "eventTime is missing or no time");
  if (!isJsonObject(payload)) return dead(type, "shape", "the event has no payload object");
  const change = changeOf(kind, payload, { eventMs, absentKeys });
  if (change === null) return dead(type, "shape", "the payload has no id");
  const lacksDetail = change.op === "upsert" && !hasDetail(kind.spec, payload);
  return { kind: "change", type, stream: kind.spec.name, change, eventMs, lacksDetail };
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
