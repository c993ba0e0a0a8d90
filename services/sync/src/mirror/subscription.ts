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

/** A look at Zoho holds this long: status is asked often, and each look costs credits. */
const LOOK_HOLDS_MS = 60_000;

/** Status never waits longer than this for Zoho. */
const LOOK_TIMEOUT_MS = 3_000;

type Look = Pick<WebhookStatus, "id" | "state">;

/** Tells what Zoho says of the webhooks of sources, looked at no more than once a minute each; `unknown` where no answer came. */
export function createWebhookLook(now: () => number) {
  const looks = new Map<string, { readonly untilMs: number; readonly look: Look }>();

  async function ask(open: OpenMirror, dataSource: DataSource, url: string): Promise<Look> {
    try {
      const ours = await findOurs(open, dataSource, { url, signal: AbortSignal.timeout(LOOK_TIMEOUT_MS) });
      if (ours === null) return { id: null, state: "missing" };
      return { id: ours.id, state: ours.enabled ? "active" : "disabled" };
    } catch (error) {
      return { id: dataSource.webhookId, state: error instanceof PermanentError ? "unavailable" : "unknown" };
    }
  }

  return async function lookAtWebhook(open: OpenMirror, dataSource: DataSource, url: string): Promise<Look> {
    const name = `${dataSource.name}/${dataSource.webhookId ?? ""}`;
    const known = looks.get(name);
    if (known !== undefined && known.untilMs > now()) return known.look;
    const look = await ask(open, dataSource, url);
    looks.set(name, { untilMs: now() + LOOK_HOLDS_MS, look });
    return look;
  };
}
