import { randomUUID } from "node:crypto";
import { ask, askAll } from "./ask.ts";
import type { RedisConnection } from "./connection.ts";
import { sharedKey } from "./keys.ts";
import { REGISTRY } from "./registry-entry.ts";
import type { RegistryEntry } from "./registry-entry.ts";

/** What Redis is told of the sealed sources: what ingest needs, a copy of the sealed texts, and a marker that both are there. */
export interface Publication {
  /** Whether the marker stands: Redis was not emptied since it was told. */
  readonly stands: () => Promise<boolean>;
  /** Everything at once, with a new marker. */
  readonly put: (entries: readonly RegistryEntry[], texts: ReadonlyMap<string, string>) => Promise<void>;
  /** The copy; empty when Redis has none. */
  readonly texts: () => Promise<ReadonlyMap<string, string>>;
  /** Remembers a time (ms) beside the copy that the vault has too. */
  readonly putSeen: (seenMs: number) => Promise<void>;
  /** Null when there is none. */
  readonly seenMs: () => Promise<number | null>;
}

const TEXTS = sharedKey("registry", "sealed");
const SEEN = sharedKey("registry", "seen");

/** What is published of the sources. TransientError when Redis is out of reach. */
export function createPublication({ connection: { client } }: { readonly connection: RedisConnection }): Publication {
  return {
    stands: async () => (await ask(client.exists(REGISTRY.version))) === 1,
    async put(entries, texts) {
      const multi = client.multi().del(REGISTRY.entries, TEXTS);
      for (const entry of entries) multi.hset(REGISTRY.entries, entry.keyHash, JSON.stringify(entry));
      for (const [name, sealed] of texts) multi.hset(TEXTS, name, sealed);
      await askAll(multi.set(REGISTRY.version, randomUUID()).publish(REGISTRY.channel, ""));
    },
    texts: async () => new Map(Object.entries(await ask(client.hgetall(TEXTS)))),
    async putSeen(seenMs) {
      await ask(client.set(SEEN, seenMs));
    },
    async seenMs() {
      const ms = await ask(client.get(SEEN));
      return ms === null ? null : Number(ms);
    },
  };
}
