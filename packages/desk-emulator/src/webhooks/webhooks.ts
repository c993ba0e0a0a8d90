import type { Clock } from "../clock.ts";
import { unprocessable, urlNotFound } from "../errors.ts";
import { isoTime, type Row } from "../json.ts";
import { mixSeed } from "../random.ts";
import type { Settings } from "../settings.ts";
import { idOf, type Change } from "../store/state.ts";
import type { Store } from "../store/store.ts";
import type { RenderContext } from "../tables/spec.ts";
import { eventsOf, passesFilter, type DeskEvent } from "./events.ts";
import type { Poster } from "./http-post.ts";
import type { Outgoing } from "./sender.ts";
import { checkRoom, parseWebhook, type Webhook, type WebhookFields } from "./subscription.ts";

/** The webhooks of the organization. */
export interface Webhooks {
  list(): readonly Webhook[];
  get(id: string): Webhook;
  create(body: Row): Promise<Webhook>;
  update(id: string, body: Row): Promise<Webhook>;
  remove(id: string): void;
  /** URL of an enabled webhook. */
  urlOf(id: string): string | null;
  show(webhook: Webhook): Row;
}

/** What webhooks work with. */
export interface WebhooksDeps {
  readonly clock: Clock;
  readonly settings: Settings;
  readonly store: Store;
  readonly context: RenderContext;
  readonly poster: Poster;
  readonly orgId: string;
  readonly edition: string;
  readonly allowed: number;
  readonly actorId: () => string;
  readonly push: (event: Outgoing) => void;
}

const blank: WebhookFields = {
  name: null,
  description: null,
  url: "",
  isEnabled: true,
  ignoreSourceId: null,
  includeEventsFrom: [],
  subscriptions: {},
};

/** No webhooks yet; hears every write of the store. */
export function createWebhooks(deps: WebhooksDeps): Webhooks {
  const { clock, settings, store, context, poster, orgId, edition, allowed, push } = deps;
  const webhooks = new Map<string, Webhook>();

  /** GET wants 200, else POST wants 200; no JWT on either. */
  async function checkUrl(url: string): Promise<void> {
    const deadlineMs = settings.webhookDeadlineMs;
    if ((await poster.send({ method: "GET", url, deadlineMs })) === 200) return;
    if ((await poster.send({ method: "POST", url, body: "[]", deadlineMs })) === 200) return;
    throw unprocessable("Validation failed for the condition : The endpoint failed to respond with status code 200");
  }

  function checkCount(candidate: Webhook): void {
    const others = [...webhooks.values()].filter((webhook) => webhook.id !== candidate.id);
    const enabled = [...others, candidate].filter((webhook) => webhook.isEnabled).length;
    checkRoom({ all: others.length + 1, enabled: candidate.isEnabled ? enabled : 0, allowed, edition }, settings);
  }

  function hears(webhook: Webhook, { change, eventType }: DeskEvent): boolean {
    const { sourceId, automation } = change.cause;
    if (!webhook.isEnabled || !(eventType in webhook.subscriptions)) return false;
    if (sourceId !== undefined && sourceId === webhook.ignoreSourceId) return false;
    return automation !== true || webhook.includeEventsFrom.includes("AUTOMATION");
  }

  function outgoing(webhook: Webhook, event: DeskEvent, payload: Row): Outgoing {
    const { eventType, subject } = event;
    const filter = webhook.subscriptions[eventType] ?? null;
    const previous = filter?.includePrevState === true && eventType.endsWith("_Update") ? event.previous() : null;
    const [module = ""] = eventType.split("_");
    const lane = mixSeed(subject.seq) % settings.lanesPerModule;
    const json = JSON.stringify({
      eventType,
      eventTime: String(event.change.at),
      orgId,
      payload,
      ...(previous === null ? {} : { prevState: previous }),
    });
    return { webhookId: webhook.id, lane: `${webhook.id}:${module}:${lane}`, eventType, json };
  }

  function announce(change: Change): void {
    if (webhooks.size === 0) return;
    for (const event of eventsOf(change, context)) {
      const listening = [...webhooks.values()].filter(
        (webhook) =>
          hears(webhook, event) && passesFilter(event, webhook.subscriptions[event.eventType] ?? null, context),
      );
      if (listening.length === 0) continue;
      const payload = event.payload();
      for (const webhook of listening) push(outgoing(webhook, event, payload));
    }
  }
  store.onChange(announce);

  function get(id: string): Webhook {
    const webhook = webhooks.get(id);
    if (webhook === undefined) throw urlNotFound();
    return webhook;
  }

  async function save(candidate: Webhook, urlChanged: boolean): Promise<Webhook> {
    checkCount(candidate);
    if (urlChanged) await checkUrl(candidate.url);
    checkCount(candidate);
    webhooks.set(candidate.id, candidate);
    return candidate;
  }

  return {
    list: () => [...webhooks.values()],
    get,
    async create(body) {
      const fields = { ...blank, ...parseWebhook(body, true, settings) };
      const now = clock.now();
      const audit = { id: idOf(store.nextSeq()), createdBy: deps.actorId(), createdMs: now, modifiedMs: now };
      return await save({ ...fields, ...audit }, true);
    },
    async update(id, body) {
      const webhook = get(id);
      const fields = parseWebhook(body, false, settings);
      const urlChanged = fields.url !== undefined && fields.url !== webhook.url;
      return await save({ ...webhook, ...fields, modifiedMs: clock.now() }, urlChanged);
    },
    remove(id) {
      get(id);
      webhooks.delete(id);
    },
    urlOf(id) {
      const webhook = webhooks.get(id);
      return webhook?.isEnabled === true ? webhook.url : null;
    },
    show({ createdMs, modifiedMs, subscriptions, ...webhook }) {
      return {
        ...webhook,
        type: "CUSTOMER_WEBHOOK",
        createdTime: isoTime(createdMs),
        modifiedTime: isoTime(modifiedMs),
        subscriptions: structuredClone(subscriptions) as unknown as Row,
      };
    },
  };
}
