import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { PermanentError, TransientError } from "@deskmirror/model";
import type { DataSource, JsonObject, Vault } from "@deskmirror/model";
import { ask, askAll } from "./ask.ts";
import type { RedisConnection } from "./connection.ts";
import type { Removal, SourceFile } from "./data-source-schema.ts";
import { createGaps } from "./gaps.ts";
import { createKeyRotation } from "./key-rotation.ts";
import type { RotateKey } from "./key-rotation.ts";
import { createLeases } from "./leases.ts";
import { createLedger } from "./ledger.ts";
import { purgeSource } from "./purge.ts";
import { REGISTRY, REGISTRY_POLL_MS } from "./registry-entry.ts";
import type { Sealer } from "./sealer.ts";
import { hashServiceKey, toServiceUrl } from "./service-key.ts";
import { createSourceVault, toRegistryEntries } from "./source-vault.ts";
import type { VaultContents } from "./source-vault.ts";

/** What a person may change of a source; its key changes only by `rotateKey`. */
export type SourcePatch = Partial<Omit<DataSource, "name" | "serviceKey">>;

/**
 * The configured sources. The sealed texts of the vault are the truth, Redis publishes what ingest needs of them. Changes are made
 * by one process at a time. TransientError when Redis or the vault is out of reach.
 */
export interface SourceRegistry {
  /** PermanentError `SOURCE_EXISTS` when the name is taken. Whatever it throws, nothing is stored. */
  readonly create: (source: DataSource) => Promise<void>;
  readonly get: (name: string) => Promise<DataSource | null>;
  /** By name. */
  readonly list: () => Promise<readonly DataSource[]>;
  /** PermanentError `SOURCE_UNKNOWN` when there is none; so do the others that change one. A function is given the source as it is then. */
  readonly update: (name: string, patch: SourcePatch | ((source: DataSource) => SourcePatch)) => Promise<DataSource>;
  /** Gives a new service key. */
  readonly rotateKey: RotateKey;
  /**
   * Its keys count as removed from now on, and Redis forgets its queue, ledger and dead letters. A webhook we registered stays among
   * the removals.
   */
  readonly remove: (name: string) => Promise<void>;
  /** Webhooks of removed sources that are still to be removed at Zoho. */
  readonly removals: () => Promise<readonly Removal[]>;
  /** Puts the next try off until `nextMs`; null ends it. */
  readonly setRemoval: (removal: Removal, nextMs: number | null) => Promise<void>;
  /** Sets the public keys against which ingest verifies signatures. */
  readonly setJwks: (name: string, jwks: JsonObject) => Promise<void>;
  readonly serviceUrl: (source: DataSource) => string;
  /** Fills Redis from the vault and sets the marker; whether the marker was missing, as it is when Redis was emptied. */
  readonly publish: () => Promise<boolean>;
  /** Remembers in the vault that Redis holds the sources now, or publishes them when it does not; whether it had to. */
  readonly look: () => Promise<boolean>;
  readonly isPublished: () => Promise<boolean>;
  /** Calls back after a change by any process and when the marker is gone, until the function it gives is called. */
  readonly onChange: (listener: () => void) => () => void;
}

/** What a registry is made of. */
export interface SourceRegistryOptions {
  readonly connection: RedisConnection;
  readonly vault: Vault;
  readonly seal: Sealer;
  /** What a service URL starts with. */
  readonly publicUrl?: string;
}

/** Why a gap opens when Redis lost the marker, and the queue with it. */
const QUEUE_LOST = "queue lost";

const LEASE_MS = 5_000;
const PATIENCE_MS = 10_000;

/** The registry over a vault and Redis. */
export function createSourceRegistry(options: SourceRegistryOptions): SourceRegistry {
  const { connection, publicUrl = "http://127.0.0.1:8080" } = options;
  const { client } = connection;
  const vault = createSourceVault(options.vault, options.seal);
  const leases = createLeases({ connection });
  const gaps = createGaps({ connection });
  const ledger = createLedger({ connection });
  /** The vault has changes that Redis was not told of, since it was away. */
  let isAhead = false;

  /** Runs a change while no other process makes one. */
  async function alone<T>(change: () => Promise<T>): Promise<T> {
    for (const startedMs = performance.now(); performance.now() - startedMs < PATIENCE_MS;) {
      const lease = await leases.acquire("sources", { ttlMs: LEASE_MS, keepAlive: true });
      if (lease === null) {
        await sleep(20 + Math.random() * 80);
        continue;
      }
      try {
        return await change();
      } finally {
        await lease.release();
      }
    }
    throw new TransientError("The sources are being changed by somebody else; try again in a moment");
  }

  const isPublished = async (): Promise<boolean> => (await ask(client.exists(REGISTRY.version))) === 1;

  /**
   * Tells Redis what the vault holds; whether the marker was missing. Then what was queued is lost, and a gap of every source says so
   * before the marker stands again.
   */
  async function fill(): Promise<boolean> {
    const contents = await vault.read();
    try {
      const wasPublished = await isPublished();
      if (!wasPublished) await openGaps(contents);
      const multi = client.multi().del(REGISTRY.entries);
      for (const entry of toRegistryEntries(contents.files.values(), contents.removed)) {
        multi.hset(REGISTRY.entries, entry.keyHash, JSON.stringify(entry));
      }
      await askAll(multi.set(REGISTRY.version, randomUUID()).publish(REGISTRY.channel, ""));
      isAhead = false;
      return !wasPublished;
    } catch (error) {
      isAhead = true;
      throw error;
    }
  }

  /** From the oldest event that was in flight at the last look, else from that look: what came earlier was settled. */
  async function openGaps({ files, seen }: VaultContents): Promise<void> {
    for (const { source } of files.values()) {
      const fromMs = seen?.oldestMs[source.name] ?? seen?.seenMs ?? 0;
      await gaps.open(source.name, QUEUE_LOST, Math.max(fromMs, source.createdMs));
    }
  }

  const publish = (): Promise<boolean> =>
    alone(async () => {
      await vault.reseal();
      return fill();
    });

  /** Changes one source in the vault and publishes it. */
  function change(name: string, edit: (file: SourceFile) => SourceFile): Promise<DataSource> {
    return alone(async () => {
      const file = (await vault.read()).files.get(name);
      if (file === undefined) throw unknown(name);
      const edited = edit(file);
      await vault.put(edited);
      await fill();
      return edited.source;
    });
  }

  return {
    isPublished,
    publish,
    async look() {
      const seenMs = Date.now();
      const oldestMs: Record<string, number> = {};
      for (const name of (await vault.read()).files.keys()) {
        const ms = await ledger.oldestMs(name);
        if (ms !== null) oldestMs[name] = ms;
      }
      // Asked last: a Redis that was emptied meanwhile has no marker, and what it said of the ledger is not kept.
      if (!(await isPublished())) return publish();
      await vault.putSeen({ seenMs, oldestMs });
      return false;
    },
    create: (source) =>
      alone(async () => {
        if ((await vault.read()).files.has(source.name)) throw taken(source.name);
        await purgeSource(connection, source.name);
        // A Redis that was emptied is filled before the new source, which missed nothing, is there.
        if (!(await isPublished())) await fill();
        await vault.put({ source, retired: [], jwks: null });
        try {
          await fill();
        } catch (error) {
          await vault.remove(source.name);
          throw error;
        }
      }),
    get: async (name) => (await vault.read()).files.get(name)?.source ?? null,
    async list() {
      const { files } = await vault.read();
      return [...files.values()].map(({ source }) => source).toSorted((a, b) => (a.name < b.name ? -1 : 1));
    },
    update: (name, patch) =>
      change(name, (file) => {
        const changed = typeof patch === "function" ? patch(file.source) : patch;
        return { ...file, source: { ...file.source, ...changed, name } };
      }),
    rotateKey: createKeyRotation({ leases, change }),
    remove: (name) =>
      alone(async () => {
        const { files, removed } = await vault.read();
        const file = files.get(name);
        if (file === undefined) throw unknown(name);
        const { orgId, serviceKey, webhookId } = file.source;
        const hashes = [hashServiceKey(serviceKey), ...file.retired.map(({ keyHash }) => keyHash)];
        await vault.putRemoved([...removed, ...hashes.map((keyHash) => ({ keyHash, source: name, orgId }))]);
        const sinceMs = Date.now();
        if (webhookId !== null) await vault.putRemoval({ source: file.source, sinceMs, nextMs: sinceMs });
        await vault.remove(name);
        await fill();
        await purgeSource(connection, name);
      }),
    removals: async () => (await vault.read()).removals,
    setRemoval: (removal, nextMs) =>
      nextMs === null ? vault.endRemoval(removal) : vault.putRemoval({ ...removal, nextMs }),
    async setJwks(name, jwks) {
      await change(name, (file) => ({ ...file, jwks }));
    },
    serviceUrl: ({ serviceKey }) => toServiceUrl(publicUrl, serviceKey),
    onChange(listener) {
      let known: string | null | undefined;
      const look = async () => {
        if (isAhead) await alone(async () => isAhead && fill());
        const version = await ask(client.get(REGISTRY.version));
        const isNews = known !== undefined && (version === null || version !== known);
        known = version;
        if (isNews) listener();
      };
      // A look that fails is repeated by the next one.
      const lookSoon = () => void look().catch(() => {});
      const ends = [
        connection.subscribe(REGISTRY.channel, { onMessage: lookSoon, onHeard: lookSoon }),
        connection.onReady(lookSoon),
      ];
      const timer = setInterval(lookSoon, REGISTRY_POLL_MS);
      lookSoon();
      return () => {
        clearInterval(timer);
        for (const end of ends) end();
      };
    },
  };
}

function taken(name: string): PermanentError {
  return new PermanentError(`There is a source ${name} already; choose another name`, { code: "SOURCE_EXISTS" });
}

function unknown(name: string): PermanentError {
  return new PermanentError(`There is no source ${name}`, { code: "SOURCE_UNKNOWN" });
}
