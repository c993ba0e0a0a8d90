import { randomUUID } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { toError } from "@deskmirror/model";
import { z } from "zod";
import { askAll } from "./ask.ts";
import type { Log, RedisConnection } from "./connection.ts";
import { REGISTRY, REGISTRY_POLL_MS, registryEntrySchema } from "./registry-entry.ts";
import type { RegistryEntry } from "./registry-entry.ts";
import { hashServiceKey } from "./service-key.ts";

/** The answer about a key that is not known here. */
export interface UnknownKey {
  readonly unknown: true;
  /** Redis said so a moment ago and its marker stands: the key was never issued. */
  readonly certain: boolean;
}

/** The registry in ingest's memory; it outlives Redis, and with a file the process too. */
export interface RegistryReader {
  /** Loads the file and follows Redis from then on; does not wait for Redis. */
  readonly start: () => Promise<void>;
  readonly find: (key: string) => RegistryEntry | UnknownKey;
  /** Names of the sources that have a usable key. */
  readonly sources: () => readonly string[];
  /** Looks at Redis, one look at a time, with a look that begins after this call; never throws. */
  readonly refresh: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** What a reader is made of. */
export interface RegistryReaderOptions {
  readonly connection: RedisConnection;
  /** Where the registry is kept for a start without Redis. */
  readonly file?: string;
  readonly log?: Log;
}

/** A look at Redis speaks for a little longer than until the next one. */
const CERTAIN_MS = 2 * REGISTRY_POLL_MS;

/** Follows the registry that sync publishes. */
export function createRegistryReader({ connection, file, log = () => {} }: RegistryReaderOptions): RegistryReader {
  let entries: ReadonlyMap<string, RegistryEntry> = new Map();
  let version: string | null = null;
  let seenMs = Number.NEGATIVE_INFINITY;
  let looking: Promise<void> | null = null;
  let nextLook: Promise<void> | null = null;
  let timer: NodeJS.Timeout | undefined;
  const ends: (() => void)[] = [];

  async function look(): Promise<void> {
    try {
      const askedMs = performance.now();
      const [published, texts] = await askAll(connection.client.multi().get(REGISTRY.version).hvals(REGISTRY.entries));
      // Without the marker Redis was emptied: what is known here stays good, and nothing is known of other keys.
      if (typeof published !== "string") return void (seenMs = Number.NEGATIVE_INFINITY);
      seenMs = askedMs;
      if (published === version) return;
      entries = byHash((texts as string[]).map((text) => registryEntrySchema.parse(JSON.parse(text))));
      version = published;
      if (file !== undefined) await save(file, [...entries.values()]);
    } catch (error) {
      log("the registry of sources could not be refreshed", { problem: toError(error).message });
    }
  }

  const startLook = (): Promise<void> => (looking = look().finally(() => (looking = null)));

  /** A look under way may have been answered before what the caller asks about was published: all who come meanwhile share the next. */
  function refresh(): Promise<void> {
    if (looking === null) return startLook();
    nextLook ??= looking.then(() => {
      nextLook = null;
      return startLook();
    });
    return nextLook;
  }
  const refreshSoon = () => void refresh();

  return {
    refresh,
    async start() {
      if (file !== undefined) entries = byHash(await load(file, log));
      ends.push(
        connection.subscribe(REGISTRY.channel, { onMessage: refreshSoon, onHeard: refreshSoon }),
        connection.onReady(refreshSoon),
      );
      timer = setInterval(refreshSoon, REGISTRY_POLL_MS);
      refreshSoon();
    },
    find(key) {
      const entry = entries.get(hashServiceKey(key));
      if (entry === undefined) return { unknown: true, certain: performance.now() - seenMs < CERTAIN_MS };
      const isOver = entry.state === "grace" && entry.graceUntilMs !== null && entry.graceUntilMs <= Date.now();
      return isOver ? { ...entry, state: "rotated" } : entry;
    },
    sources: () => [
      ...new Set([...entries.values()].filter(({ state }) => state === "current").map(({ source }) => source)),
    ],
    async close() {
      clearInterval(timer);
      for (const end of ends) end();
      await (nextLook ?? looking);
    },
  };
}

function byHash(entries: readonly RegistryEntry[]): ReadonlyMap<string, RegistryEntry> {
  return new Map(entries.map((entry) => [entry.keyHash, entry]));
}

async function save(file: string, entries: readonly RegistryEntry[]): Promise<void> {
  // All instances of ingest share the directory; each writes a file of its own.
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, JSON.stringify(entries), { mode: 0o600, flush: true });
  await rename(draft, file);
}

async function load(file: string, log: Log): Promise<readonly RegistryEntry[]> {
  try {
    return z.array(registryEntrySchema).parse(JSON.parse(await readFile(file, "utf8")));
  } catch (thrown) {
    const error: NodeJS.ErrnoException = toError(thrown);
    if (error.code !== "ENOENT") log("the stored registry of sources is unreadable", { file, problem: error.message });
    return [];
  }
}
