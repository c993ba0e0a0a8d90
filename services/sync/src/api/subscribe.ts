import type { DataSource, Subscription } from "@deskmirror/model";
import type { OpenMirror } from "../mirror/open-mirror.ts";
import { registerWebhook } from "../mirror/subscription.ts";
import type { ApiDeps } from "./deps.ts";

type Deps = Pick<ApiDeps, "registry" | "mirrors" | "signal">;

/** Registers or repairs the webhook of a source at Zoho for its present service URL, and keeps its id. */
export async function subscribe(deps: Deps, source: DataSource, open: OpenMirror): Promise<Subscription> {
  const { registry, signal } = deps;
  const url = registry.serviceUrl(source);
  const subscription = await registerWebhook(open, { dataSource: source, url, signal });
  if (subscription.id !== source.webhookId) await keepWebhookId(deps, source, subscription.id);
  return subscription;
}

/** Removes the webhook of a source at Zoho. */
export async function removeSubscription(deps: Deps, source: DataSource, open: OpenMirror): Promise<void> {
  await open.source.subscriptions.remove(source.webhookId!, { purpose: "heal", signal: deps.signal });
  await keepWebhookId(deps, source, null);
}

async function keepWebhookId({ registry, mirrors }: Deps, { name }: DataSource, webhookId: string | null) {
  await registry.update(name, { webhookId });
  await mirrors.follow();
}
