import { DeskError, invalidData } from "../errors.ts";
import { shown, isRow, type Row } from "../json.ts";
import type { Settings } from "../settings.ts";
import { eventCatalogue, type FilterKey } from "./catalogue.ts";

/** The filter of one event of a subscription. */
export interface EventFilter {
  readonly departmentIds?: readonly string[];
  readonly fields?: readonly string[];
  readonly includePrevState?: boolean;
  readonly direction?: string;
}

/** A webhook as stored. */
export interface Webhook {
  readonly id: string;
  readonly name: string | null;
  readonly description: string | null;
  readonly url: string;
  readonly isEnabled: boolean;
  readonly ignoreSourceId: string | null;
  readonly includeEventsFrom: readonly string[];
  readonly subscriptions: Readonly<Record<string, EventFilter | null>>;
  readonly createdBy: string;
  readonly createdMs: number;
  readonly modifiedMs: number;
}

/** What a caller may set of a webhook. */
export type WebhookFields = Pick<
  Webhook,
  "name" | "description" | "url" | "isEnabled" | "ignoreSourceId" | "includeEventsFrom" | "subscriptions"
>;

/** Most names in an event's `fields`. */
export const maxWatchedFields = 5;

type Fault = { fieldName: string; errorType: "invalid" | "missing" };

function textFaults(body: Row, key: string, max: number): Fault[] {
  const value = body[key];
  const fits = value === undefined || value === null || (typeof value === "string" && value.length <= max);
  return fits ? [] : [{ fieldName: `/${key}`, errorType: "invalid" }];
}

function filterFaults(name: string, filter: unknown): Fault[] {
  const allowed = eventCatalogue.get(name);
  const fault: Fault = { fieldName: `/subscriptions/${name}`, errorType: "invalid" };
  if (allowed === undefined) return [fault];
  if (filter === null) return [];
  if (!isRow(filter)) return [fault];
  const wrong = Object.entries(filter).filter(
    ([key, value]) => !allowed.includes(key as FilterKey) || !fitsFilter(key as FilterKey, value),
  );
  return wrong.map(([key]) => ({ fieldName: `/subscriptions/${name}/${key}`, errorType: "invalid" }));
}

const filterChecks: Readonly<Record<FilterKey, (value: unknown) => boolean>> = {
  departmentIds: Array.isArray,
  fields: (value) => Array.isArray(value) && value.length <= maxWatchedFields,
  includePrevState: (value) => typeof value === "boolean",
  direction: (value) => value === "in" || value === "out",
};

function fitsFilter(key: FilterKey, value: unknown): boolean {
  return filterChecks[key](value);
}

function urlFaults(body: Row, maxLength: number, settings: Settings): Fault[] {
  const { url } = body;
  if (url === undefined) return [];
  const fault: Fault = { fieldName: "/url", errorType: "invalid" };
  if (typeof url !== "string" || url.length > maxLength || !URL.canParse(url)) return [fault];
  const { protocol, port } = new URL(url);
  if (protocol !== "http:" && protocol !== "https:") return [fault];
  return settings.webhookPortCheck && port !== "" && port !== "80" && port !== "443" ? [fault] : [];
}

function sourceIdFaults(body: Row, settings: Settings): Fault[] {
  const id = body["ignoreSourceId"];
  if (id === undefined || id === null) return [];
  const version = /^[0-9a-f]{8}-[0-9a-f]{4}-([0-9a-f])[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/i.exec(shown(id))?.[1];
  const refused = version === undefined || (version === "4" && settings.refuseV4SourceId);
  return refused ? [{ fieldName: "/ignoreSourceId", errorType: "invalid" }] : [];
}

function originFaults(body: Row): Fault[] {
  const origins = body["includeEventsFrom"];
  const fits = origins === undefined || (Array.isArray(origins) && origins.every((origin) => origin === "AUTOMATION"));
  return fits ? [] : [{ fieldName: "/includeEventsFrom", errorType: "invalid" }];
}

/** Checks the body of a create or a change; gives the fields it names. */
export function parseWebhook(body: Row, isNew: boolean, settings: Settings): Partial<WebhookFields> {
  const subscriptions = body["subscriptions"];
  const faults: Fault[] = [
    ...(isRow(subscriptions) && Object.keys(subscriptions).length > 0
      ? Object.entries(subscriptions).flatMap(([name, filter]) => filterFaults(name, filter))
      : [
          {
            fieldName: "/subscriptions",
            errorType: subscriptions === undefined ? ("missing" as const) : ("invalid" as const),
          },
        ]),
    ...(isNew && body["url"] === undefined ? [{ fieldName: "/url", errorType: "missing" as const }] : []),
    ...urlFaults(body, isNew ? 500 : 100, settings),
    ...textFaults(body, "name", 100),
    ...textFaults(body, "description", 3000),
    ...sourceIdFaults(body, settings),
    ...originFaults(body),
    ...(typeof (body["isEnabled"] ?? true) === "boolean"
      ? []
      : [{ fieldName: "/isEnabled", errorType: "invalid" as const }]),
  ];
  if (faults.length > 0) throw invalidData(faults);
  const names = ["name", "description", "url", "isEnabled", "ignoreSourceId", "includeEventsFrom", "subscriptions"];
  return Object.fromEntries(Object.entries(body).filter(([name]) => names.includes(name)));
}

/** 403 when the edition allows no further enabled webhook; 403 or 422 beyond twenty in all. */
export function checkRoom(
  count: { all: number; enabled: number; allowed: number; edition: string },
  settings: Settings,
): void {
  if (count.all > 20) {
    throw new DeskError(
      settings.tooManyWebhooksStatus,
      "LICENSE_ACCESS_LIMITED",
      "No more than 20 webhooks can be configured.",
    );
  }
  if (count.enabled <= count.allowed) return;
  throw new DeskError(
    403,
    "LICENSE_ACCESS_LIMITED",
    "Your Zoho Desk Edition does not support this feature/operation.",
    {
      details: {
        maxAllowedEntity: count.allowed,
        feature: "WEBHOOKS",
        editionType: count.edition.toUpperCase(),
        isTrial: false,
      },
    },
  );
}
