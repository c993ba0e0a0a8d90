import { setTimeout as sleep } from "node:timers/promises";
import { PermanentError, TransientError } from "@deskmirror/model";
import type { DataSource, JsonObject, Vault } from "@deskmirror/model";
import { ask } from "./ask.ts";
import type { Log, RedisConnection } from "./connection.ts";
import type { Removal, SourceFile } from "./data-source-schema.ts";
import { createKeyRotation } from "./key-rotation.ts";
import type { RotateKey } from "./key-rotation.ts";
import { createLeases } from "./leases.ts";
import { createLosses } from "./losses.ts";
import { createPublication } from "./publication.ts";
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
  /**
   * Fills Redis from the vault and sets the marker; whether the marker was missing, as it is when Redis was emptied. A vault that is behind
   * the copy in Redis, since its sink was dropped or restored, is filled from that first.
   */
  readonly publish: () => Promise<boolean>;
  /** Remembers in the vault what Redis holds now, or publishes when either lost something; whether the marker was missing. */
  readonly look: () => Promise<boolean>;
  readonly isPublished: () => Promise<boolean>;
  /** ConfigError when Redis holds the sources of another sync. */
  readonly assertOurs: () => Promise<void>;
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
  readonly log?: Log;
}

const LEASE_MS = 5_000;
const PATIENCE_MS = 10_000;

/** The registry over a vault and Redis. */
export function createSourceRegistry(options: SourceRegistryOptions): SourceRegistry {
  const { connection, seal, publicUrl = "http://127.0.0.1:8080", log = () => {} } = options;
  const { client } = connection;
  const vault = createSourceVault(options.vault, seal);
  const publication = createPublication({ connection });
  const losses = createLosses({ connection, vault, publication, seal, log });
  const leases = createLeases({ connection });
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
        await losses.recoverVault();
        return await change();
      } finally {
        await lease.release();
      }
    }
    throw new TransientError("The sources are being changed by somebody else; try again in a moment");
  }

  /** What the vault holds. An empty one may be new, or have lost everything: the copy in Redis tells. */
  async function read(): Promise<VaultContents> {
    const contents = await vault.read();
    if (contents.files.size > 0 || contents.stamp !== null || !(await losses.isVaultBehind(contents))) return contents;
    return alone(vault.read);
  }

  /** Tells Redis what the vault holds; whether the marker was missing. Then gaps say what is lost before the marker stands again. */
  async function fill(): Promise<boolean> {
    const contents = await vault.read();
    try {
      const stood = await publication.stands();
      if (!stood) await losses.ofRedis(contents);
      await publication.put(toRegistryEntries(contents.files.values(), contents.removed), contents.texts);
      isAhead = false;
      return !stood;
    } catch (error) {
      isAhead = true;
      throw error;
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
    isPublished: publication.stands,
    assertOurs: async () => void (await losses.isVaultBehind(await vault.read())),
    publish,
    async look() {
      const contents = await read();
      if ((await losses.isVaultBehind(contents)) || !(await losses.note(contents))) return publish();
      return false;
    },
    create: (source) =>
      alone(async () => {
        if ((await vault.read()).files.has(source.name)) throw taken(source.name);
        await purgeSource(connection, source.name);
        // A Redis that was emptied is filled before the new source, which missed nothing, is there.
        if (!(await publication.stands())) await fill();
        await vault.put({ source, retired: [], jwks: null });
        try {
          await fill();
        } catch (error) {
          await vault.remove(source.name);
          throw error;
        }
      }),
    get: async (name) => (await read()).files.get(name)?.source ?? null,
    async list() {
      const { files } = await read();
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
    removals: async () => (await read()).removals,
    setRemoval: (removal, nextMs) =>
      alone(async () => {
        await (nextMs === null ? vault.endRemoval(removal) : vault.putRemoval({ ...removal, nextMs }));
        await fill();
      }),
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
