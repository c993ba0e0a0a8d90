import { toError } from "@deskmirror/model";
import type { DeadLetters, SourceRegistry } from "@deskmirror/redis";
import { runEvery } from "@deskmirror/runtime";
import type { CheckResult, Log } from "@deskmirror/runtime";
import type { Mirrors } from "./mirror/mirrors.ts";

/** What keeping Redis and the mirrors in step with the sealed sources needs. */
export interface KeepPublished {
  readonly registry: SourceRegistry;
  readonly mirrors: Mirrors;
  readonly deadLetters: DeadLetters;
  /** Opens the default sink anew when it is another one now. */
  readonly lookAtSink: () => Promise<void>;
  /** Fetches what is due of Zoho's public keys. */
  readonly lookAtKeys: () => Promise<void>;
  /** Removes what is due of the webhooks of removed sources. */
  readonly lookAtRemovals: () => Promise<void>;
  /** Looks for events that are in no bucket of a ledger. */
  readonly auditLedgers: () => Promise<void>;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** The keeper: its end, and whether sources have been published. */
export interface PublishedKeeper {
  check(): CheckResult;
  ended(): Promise<void>;
}

const LOOK_MS = 5_000;
const AUDIT_EVERY_MS = 60_000;
const EXPIRE_EVERY_MS = 60 * 60_000;

/**
 * Publishes the sources to Redis, and again whenever its marker is gone (Redis was emptied: a gap of every source), follows every change of
 * them, audits their ledgers, and looks after their public keys and the webhooks they leave behind.
 */
export function keepPublished(options: KeepPublished): PublishedKeeper {
  const { registry, mirrors, log, signal } = options;
  let published = false;

  async function look(): Promise<void> {
    await options.lookAtSink();
    // The first time whatever Redis holds, so that the vault is sealed with the present key.
    const wasMissing = published ? await registry.look() : await registry.publish();
    published = true;
    // On a first start there is nothing that Redis could have lost.
    const isLoss = wasMissing && (await registry.list()).length > 0;
    if (isLoss) log.warn("Redis held no sources; they are published, and what it may have lost is a gap of each");
    await mirrors.follow();
  }

  async function expire(): Promise<void> {
    for (const { name } of await registry.list()) await options.deadLetters.expire(name);
  }

  const onError = (error: Error): void => log.warn({ err: error }, "the sources could not be followed; tried again");
  const stopListening = registry.onChange(() => {
    mirrors.follow().catch((error: unknown) => onError(toError(error)));
  });
  const loops = Promise.all([
    runEvery({ intervalMs: LOOK_MS, signal, run: look, onError }),
    runEvery({ intervalMs: LOOK_MS, signal, run: options.lookAtKeys, onError }),
    runEvery({ intervalMs: LOOK_MS, signal, run: options.lookAtRemovals, onError }),
    runEvery({ intervalMs: AUDIT_EVERY_MS, signal, run: options.auditLedgers, onError }),
    runEvery({ intervalMs: EXPIRE_EVERY_MS, signal, run: expire, onError }),
  ]);
  return {
    check: () =>
      published
        ? { ok: true, message: "sources are published" }
        : { ok: false, message: "sources are not published yet; is Redis there?" },
    async ended() {
      stopListening();
      await loops;
    },
  };
}
