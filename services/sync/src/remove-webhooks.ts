import { toError } from "@deskmirror/model";
import type { DataSource, Leases } from "@deskmirror/model";
import type { Removal, SourceRegistry } from "@deskmirror/redis";
import type { Log } from "@deskmirror/runtime";
import { withLease } from "./mirror/table-lease.ts";

/** What removing webhooks of removed sources at Zoho needs. */
export interface RemoveWebhooks {
  readonly registry: Pick<SourceRegistry, "removals" | "setRemoval">;
  readonly leases: Leases;
  /** Removes the webhook of a source at Zoho. */
  readonly removeWebhook: (source: DataSource, signal: AbortSignal) => Promise<void>;
  readonly now: () => number;
  readonly log: Log;
  readonly signal: AbortSignal;
}

const GIVE_UP_MS = 24 * 60 * 60_000;
const FIRST_PAUSE_MS = 10_000;
const LONGEST_PAUSE_MS = 60 * 60_000;
const TRY_MS = 10_000;

/**
 * Gives a look that tries what is due of the removals, one process at a time. What fails is tried again for 24 h, each time after as
 * long as it has been waiting already.
 */
export function createWebhookRemover(options: RemoveWebhooks): () => Promise<void> {
  const { registry, leases, removeWebhook, now, log, signal } = options;

  async function settle(removal: Removal, leaseSignal: AbortSignal): Promise<void> {
    const { source, sinceMs } = removal;
    const fields = { source: source.name, webhook: source.webhookId };
    try {
      await removeWebhook(source, AbortSignal.any([leaseSignal, AbortSignal.timeout(TRY_MS)]));
      await registry.setRemoval(removal, null);
      log.info(fields, "the webhook of a removed source is removed at Zoho");
    } catch (error) {
      if (leaseSignal.aborted) throw error;
      const waitedMs = now() - sinceMs;
      const isOver = waitedMs >= GIVE_UP_MS;
      const pauseMs = Math.min(Math.max(waitedMs, FIRST_PAUSE_MS), LONGEST_PAUSE_MS);
      await registry.setRemoval(removal, isOver ? null : now() + pauseMs);
      const next = isOver ? "given up: remove it in Setup, Webhooks" : "it is tried again";
      log.warn({ err: toError(error), ...fields }, `a webhook could not be removed at Zoho; ${next}`);
    }
  }

  const isDue = ({ nextMs }: Removal): boolean => nextMs <= now();

  return async function lookAtRemovals() {
    if (!(await registry.removals()).some(isDue)) return;
    await withLease({ leases, name: "webhook removals", signal }, async (held) => {
      // Somebody else may have settled some since.
      await Promise.all((await registry.removals()).filter(isDue).map((removal) => settle(removal, held.signal)));
    });
  };
}
