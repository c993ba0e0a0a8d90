import { PermanentError, TransientError, isJsonObject } from "@deskmirror/model";
import type { JsonValue, RequestOptions, Subscription, Subscriptions } from "@deskmirror/model";
import { EVENT_KINDS, EVENT_TOUCHES } from "./events/catalogue.ts";
import type { Ask, DeskClient } from "./http/client.ts";
import { isTrue, toId, toText } from "./values.ts";

const scopes = { read: ["Desk.webhooks.ALL", "Desk.events.ALL", "Desk.settings.ALL"] } as const;

/** The webhook management API (Zoho Desk API, section Webhooks). An edition without webhooks: PermanentError LICENSE_ACCESS_LIMITED. */
export function createSubscriptions(client: DeskClient): Subscriptions {
  async function send(ask: Pick<Ask, "method" | "path" | "json">, options: RequestOptions): Promise<JsonValue | null> {
    try {
      return (await client.send({ ...ask, scopes }, options)).body;
    } catch (error) {
      throw error instanceof PermanentError ? explain(error) : error;
    }
  }

  return {
    eventsFor(streams) {
      const own = [...EVENT_KINDS.values()].map(({ type, spec }) => [type, spec.name] as const);
      const touching = [...EVENT_TOUCHES].map(([type, { stream }]) => [type, stream] as const);
      return [...own, ...touching].flatMap(([type, stream]) => (streams.includes(stream) ? [type] : []));
    },
    async list(options) {
      const body = await send({ path: "/webhooks" }, options);
      const rows = isJsonObject(body) && Array.isArray(body["data"]) ? body["data"] : [];
      return rows.map(toSubscription);
    },
    async create(url, events, options) {
      const json = { name: "Deskmirror", ...subscription(url, events) };
      return toSubscription(await send({ method: "POST", path: "/webhooks", json }, options));
    },
    async update(id, url, events, options) {
      return toSubscription(
        await send({ method: "PATCH", path: `/webhooks/${id}`, json: subscription(url, events) }, options),
      );
    },
    async remove(id, options) {
      try {
        await send({ method: "DELETE", path: `/webhooks/${id}` }, options);
      } catch (error) {
        if (!(error instanceof PermanentError && gone.has(error.code))) throw error;
      }
    },
  };
}

/** Zoho says 404 or 422 to the deletion of a webhook that is gone. */
const gone = new Set(["URL_NOT_FOUND", "UNPROCESSABLE_ENTITY", "INVALID_DATA"]);

function subscription(url: string, events: readonly string[]) {
  return {
    url,
    subscriptions: Object.fromEntries(events.map((event) => [event, null])),
    includeEventsFrom: ["AUTOMATION"],
    isEnabled: true,
  };
}

function toSubscription(body: JsonValue | null): Subscription {
  const id = isJsonObject(body) ? toId(body["id"]) : null;
  if (!isJsonObject(body) || id === null) {
    throw new TransientError("Zoho's answer about a webhook has no id", { code: "UNREADABLE" });
  }
  const { includeEventsFrom } = body;
  return {
    id,
    url: toText(body["url"]) ?? "",
    enabled: body["isEnabled"] === undefined || isTrue(body["isEnabled"]),
    events: toWholeEvents(body["subscriptions"]),
    // Left out by an answer, nothing is known against it.
    hasAutomation: !Array.isArray(includeEventsFrom) || includeEventsFrom.includes("AUTOMATION"),
  };
}

/** Filters that leave events out (Zoho Desk OAS, Webhook.json). */
const NARROWING = ["departmentIds", "departmentId", "fields", "direction"];

function toWholeEvents(subscriptions: JsonValue | undefined): readonly string[] {
  if (!isJsonObject(subscriptions)) return [];
  const isWhole = (filter: JsonValue | undefined): boolean =>
    !isJsonObject(filter) || NARROWING.every((name) => (filter[name] ?? null) === null);
  return Object.keys(subscriptions).filter((event) => isWhole(subscriptions[event]));
}

function explain(error: PermanentError): PermanentError {
  const steps: Readonly<Record<string, string>> = {
    LICENSE_ACCESS_LIMITED:
      "this edition allows no more webhooks (Free and Standard none, Professional 5, Enterprise 10): remove one in Setup, or rely on reconcile",
    UNPROCESSABLE_ENTITY:
      "Zoho must reach the service URL on port 80 or 443 and get 200: check PUBLIC_URL and the proxy before ingest",
  };
  const step = steps[error.code];
  return step === undefined
    ? error
    : new PermanentError(`${error.message}: ${step}`, { code: error.code, cause: error });
}
