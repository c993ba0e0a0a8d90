import { PermanentError } from "@deskmirror/model";
import type { DataSource, Subscription } from "@deskmirror/model";
import type { OpenMirror } from "./open-mirror.ts";
import type { WebhookStatus } from "./status.ts";

const request = (signal: AbortSignal) => ({ purpose: "heal", signal }) as const;

/** Registers the webhook at Zoho, or repairs ours: URL, events, enabled. Gives it as Zoho now holds it. */
export async function registerWebhook(
  open: OpenMirror,
  options: { readonly dataSource: DataSource; readonly url: string; readonly signal: AbortSignal },
): Promise<Subscription> {
  const { subscriptions } = open.source;
  const { url, dataSource, signal } = options;
  const events = subscriptions.eventsFor([...open.contexts.keys()]);
  const ours = await findOurs(open, dataSource, { url, signal });
  if (ours === null) return subscriptions.create(url, events, request(signal));
  const right = ours.url === url && ours.enabled && events.every((event) => ours.events.includes(event));
  return right ? ours : subscriptions.update(ours.id, url, events, request(signal));
}

async function findOurs(
  { source }: OpenMirror,
  { webhookId }: DataSource,
  { url, signal }: { readonly url: string; readonly signal: AbortSignal },
): Promise<Subscription | null> {
  const all = await source.subscriptions.list(request(signal));
  return all.find(({ id }) => id === webhookId) ?? all.find((one) => one.url === url) ?? null;
}

/** What Zoho says of the webhook now. */
export async function lookAtWebhook(
  open: OpenMirror,
  options: { readonly dataSource: DataSource; readonly url: string; readonly signal: AbortSignal },
): Promise<Omit<WebhookStatus, "lastDeliveryAt">> {
  try {
    const ours = await findOurs(open, options.dataSource, options);
    if (ours === null) return { id: null, state: "missing" };
    return { id: ours.id, state: ours.enabled ? "active" : "disabled" };
  } catch (error) {
    const unavailable = error instanceof PermanentError;
    return { id: options.dataSource.webhookId, state: unavailable ? "unavailable" : "unknown" };
  }
}
