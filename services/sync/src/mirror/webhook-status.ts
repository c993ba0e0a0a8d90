import { PermanentError } from "@deskmirror/model";
import type { DataSource } from "@deskmirror/model";
import type { SubscriptionLooks } from "@deskmirror/redis";
import type { OpenMirror } from "./open-mirror.ts";
import type { WebhookStatus } from "./status.ts";

/** A look at Zoho holds this long: status is asked often, and each look costs credits. */
const LOOK_HOLDS_MS = 5 * 60_000;

/** Status never waits longer than this for Zoho. */
const LOOK_TIMEOUT_MS = 3_000;

type Look = Omit<WebhookStatus, "lastDeliveryAt">;

/**
 * Tells what Zoho says of the webhooks of sources; `unknown` where no answer came. What an edition does not have is not asked for again
 * before its day is over, and one of ours that is not active is looked at, and repaired, at once.
 */
export function createWebhookStatus(looks: Pick<SubscriptionLooks, "read">, now: () => number) {
  const held = new Map<string, { readonly untilMs: number; readonly look: Look }>();

  async function ask({ source }: OpenMirror, { webhookId }: DataSource, url: string): Promise<Look> {
    try {
      const all = await source.subscriptions.list({ purpose: "heal", signal: AbortSignal.timeout(LOOK_TIMEOUT_MS) });
      const ours = all.find(({ id }) => id === webhookId) ?? all.find((one) => one.url === url);
      if (ours === undefined) return { id: null, state: "missing", message: null };
      return { id: ours.id, state: ours.enabled ? "active" : "disabled", message: null };
    } catch (error) {
      const isRefused = error instanceof PermanentError;
      return { id: webhookId, state: isRefused ? "unavailable" : "unknown", message: isRefused ? error.message : null };
    }
  }

  return async function webhookStatus(open: OpenMirror, dataSource: DataSource, url: string): Promise<Look> {
    const { name, webhookId: id } = dataSource;
    const last = await looks.read(name);
    if (last !== null && last.state === "unavailable" && last.nextMs > now()) {
      return { id, state: last.state, message: last.message };
    }
    const key = `${name}/${id ?? ""}`;
    const known = held.get(key);
    const look = known !== undefined && known.untilMs > now() ? known.look : await ask(open, dataSource, url);
    if (look !== known?.look) {
      held.set(key, { untilMs: now() + LOOK_HOLDS_MS, look });
      if (id !== null && (look.state === "missing" || look.state === "disabled")) await open.subscription.hurry();
    }
    return { ...look, message: look.message ?? (look.state === "active" ? null : (last?.message ?? null)) };
  };
}
