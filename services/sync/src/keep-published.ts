import { toError } from "@deskmirror/model";
import type { DataSource, JsonObject } from "@deskmirror/model";
import type { DeadLetters, Gaps, SourceRegistry } from "@deskmirror/redis";
import { runEvery } from "@deskmirror/runtime";
import type { CheckResult, Log } from "@deskmirror/runtime";
import type { Mirrors } from "./mirror/mirrors.ts";

/** What keeping Redis and the mirrors in step with the sealed sources needs. */
export interface KeepPublished {
  readonly registry: SourceRegistry;
  readonly mirrors: Mirrors;
  readonly gaps: Gaps;
  readonly deadLetters: DeadLetters;
  readonly fetchJwks: (source: DataSource, signal: AbortSignal) => Promise<JsonObject>;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** The keeper: its end, and whether sources have been published. */
export interface PublishedKeeper {
  check(): CheckResult;
  ended(): Promise<void>;
}

const LOOK_MS = 5_000;
const KEYS_EVERY_MS = 60 * 60_000;
const EXPIRE_EVERY_MS = 60 * 60_000;

/**
 * Publishes the sources to Redis, and again whenever its marker is gone (Redis was emptied: a gap of every source), follows every change of
 * them, and publishes Zoho's public keys for ingest.
 */
export function keepPublished(options: KeepPublished): PublishedKeeper {
  const { registry, mirrors, gaps, log, signal } = options;
  let published = false;
  let lastSeenMs = Date.now();

  async function look(): Promise<void> {
    if (!(await registry.isPublished())) {
      await registry.publish();
      if (published) await openGaps();
      published = true;
    }
    published = true;
    lastSeenMs = Date.now();
    await mirrors.follow();
  }

  async function openGaps(): Promise<void> {
    log.warn("Redis was emptied; the sources are published again and everything since is reconciled");
    for (const { name } of await registry.list()) await gaps.open(name, "queue lost", lastSeenMs);
  }

  async function publishKeys(): Promise<void> {
    for (const source of await registry.list()) {
      try {
        await registry.setJwks(source.name, await options.fetchJwks(source, signal));
      } catch (error) {
        log.warn(
          { err: toError(error), source: source.name },
          "Zoho's public keys could not be fetched; tried again in an hour",
        );
      }
    }
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
    runEvery({ intervalMs: KEYS_EVERY_MS, signal, run: publishKeys, onError }),
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
