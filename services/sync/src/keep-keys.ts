import { toError } from "@deskmirror/model";
import type { DataSource, JsonObject } from "@deskmirror/model";
import type { SourceRegistry } from "@deskmirror/redis";
import type { Log } from "@deskmirror/runtime";

/** What keeping Zoho's public keys needs. */
export interface KeepKeys {
  readonly registry: Pick<SourceRegistry, "list" | "setJwks">;
  readonly fetchJwks: (source: DataSource, signal: AbortSignal) => Promise<JsonObject>;
  readonly now: () => number;
  readonly log: Log;
  readonly signal: AbortSignal;
}

const EVERY_MS = 60 * 60_000;
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 5 * 60_000;

/**
 * Gives a look that fetches, for ingest, Zoho's public keys of every source that has none from here yet, and hourly from then on; what
 * failed is fetched again after a pause that grows.
 */
export function keepKeys({ registry, fetchJwks, now, log, signal }: KeepKeys): () => Promise<void> {
  let due = new Map<string, { readonly atMs: number; readonly pauseMs: number }>();

  async function fetchKeys(source: DataSource, pauseMs: number) {
    try {
      await registry.setJwks(source.name, await fetchJwks(source, signal));
      return { atMs: now() + EVERY_MS, pauseMs: FIRST_PAUSE_MS };
    } catch (error) {
      const fields = { err: toError(error), source: source.name, waitMs: pauseMs };
      log.warn(fields, "Zoho's public keys could not be fetched; they are fetched again");
      return { atMs: now() + pauseMs, pauseMs: Math.min(2 * pauseMs, LONGEST_PAUSE_MS) };
    }
  }

  return async function lookAtKeys() {
    const entries = (await registry.list()).map(async (source) => {
      // A source made again under its old name is another one.
      const name = `${source.name}/${source.createdMs}`;
      const { atMs, pauseMs } = due.get(name) ?? { atMs: 0, pauseMs: FIRST_PAUSE_MS };
      return [name, atMs > now() ? { atMs, pauseMs } : await fetchKeys(source, pauseMs)] as const;
    });
    due = new Map(await Promise.all(entries));
  };
}
