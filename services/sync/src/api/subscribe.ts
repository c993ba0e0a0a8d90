import type { DataSource, Subscription } from "@deskmirror/model";
import type { OpenMirror } from "../mirror/open-mirror.ts";
import type { ApiDeps } from "./deps.ts";

type Deps = Pick<ApiDeps, "mirrors" | "signal">;

/** Registers or repairs the webhook of a source at Zoho for its present service URL, and keeps its id. */
export async function subscribe(
  { mirrors, signal }: Deps,
  source: DataSource,
  { open, isMoving = false }: { readonly open: OpenMirror; readonly isMoving?: boolean },
): Promise<Subscription> {
  const subscription = await open.subscription.register(source, { isMoving, signal });
  if (subscription.id !== source.webhookId) await mirrors.follow();
  return subscription;
}

/** Removes the webhook of a source at Zoho. */
export async function removeSubscription(
  { mirrors, signal }: Deps,
  source: DataSource,
  open: OpenMirror,
): Promise<void> {
  await open.subscription.remove(source, signal);
  await mirrors.follow();
}
