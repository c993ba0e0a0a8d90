import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { PermanentError, TransientError } from "@deskmirror/model";
import type { DataSource, JsonObject, Vault } from "@deskmirror/model";
import { ask, askAll } from "./ask.ts";
import type { RedisConnection } from "./connection.ts";
import type { SourceFile } from "./data-source-schema.ts";
import { createLeases } from "./leases.ts";
import { purgeSource } from "./purge.ts";
import { REGISTRY, REGISTRY_POLL_MS } from "./registry-entry.ts";
import type { Sealer } from "./sealer.ts";
import { createServiceKey, hashServiceKey } from "./service-key.ts";
import { createSourceVault, toRegistryEntries } from "./source-vault.ts";

/** What a person may change of a source; its key changes only by `rotateKey`. */
export type SourcePatch = Partial<Omit<DataSource, "name" | "serviceKey">>;

/**
 * The configured sources. The sealed texts of the vault are the truth, Redis publishes what ingest needs of them. Changes are made
 * by one process at a time. TransientError when Redis or the vault is out of reach.
 */
export interface SourceRegistry {
  /** PermanentError `SOURCE_EXISTS` when the name is taken. */
  readonly create: (source: DataSource) => Promise<void>;
  readonly get: (name: string) => Promise<DataSource | null>;
  /** By name. */
  readonly list: () => Promise<readonly DataSource[]>;
  /** PermanentError `SOURCE_UNKNOWN` when there is none; so do the others that change one. */
  readonly update: (name: string, patch: SourcePatch) => Promise<DataSource>;
  /** Gives a new service key; the old one works for `graceMs`, then it is rotated out. */
  readonly rotateKey: (name: string, graceMs: number) => Promise<DataSource>;
  /** Its keys count as removed from now on, and Redis forgets its queue, ledger and dead letters. */
  readonly remove: (name: string) => Promise<void>;
  /** Sets the public keys against which ingest verifies signatures. */
  readonly setJwks: (name: string, jwks: JsonObject) => Promise<void>;
  readonly serviceUrl: (source: DataSource) => string;
  /** Fills Redis from the vault and sets the marker; whether the marker was missing, as it is when Redis was emptied. */
  readonly publish: () => Promise<boolean>;
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

const LEASE_MS = 5_000;
const PATIENCE_MS = 10_000;

/** The registry over a vault and Redis. */
export function createSourceRegistry(options: SourceRegistryOptions): SourceRegistry {
  const { connection, publicUrl = "http://127.0.0.1:8080" } = options;
  const { client } = connection;
  const vault = createSourceVault(options.vault, options.seal);
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
        return await change();
      } finally {
        await lease.release();
      }
    }
    throw new TransientError("The sources are being changed by somebody else; try again in a moment");
  }

  async function fill(): Promise<void> {
    const { files, removed } = await vault.read();
    const multi = client.multi().del(REGISTRY.entries);
    for (const entry of toRegistryEntries(files.values(), removed)) {
      multi.hset(REGISTRY.entries, entry.keyHash, JSON.stringify(entry));
    }
    try {
      await askAll(multi.set(REGISTRY.version, randomUUID()).publish(REGISTRY.channel, ""));
      isAhead = false;
    } catch (error) {
      isAhead = true;
      throw error;
    }
  }

  const isPublished = async (): Promise<boolean> => (await ask(client.exists(REGISTRY.version))) === 1;

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
    create: (source) =>
      alone(async () => {
        if ((await vault.read()).files.has(source.name)) throw taken(source.name);
        await purgeSource(connection, source.name);
        await vault.put({ source, retired: [], jwks: null });
        await fill();
      }),
    get: async (name) => (await vault.read()).files.get(name)?.source ?? null,
    async list() {
      const { files } = await vault.read();
      return [...files.values()].map(({ source }) => source).toSorted((a, b) => (a.name < b.name ? -1 : 1));
    },
    update: (name, patch) => change(name, (file) => ({ ...file, source: { ...file.source, ...patch, name } })),
    rotateKey: (name, graceMs) =>
      change(name, ({ source, retired, jwks }) => ({
        source: { ...source, serviceKey: createServiceKey() },
        retired: [...retired, { keyHash: hashServiceKey(source.serviceKey), graceUntilMs: Date.now() + graceMs }],
        jwks,
      })),
    remove: (name) =>
      alone(async () => {
        const { files, removed } = await vault.read();
        const file = files.get(name);
        if (file === undefined) throw unknown(name);
        const { orgId, serviceKey } = file.source;
        const hashes = [hashServiceKey(serviceKey), ...file.retired.map(({ keyHash }) => keyHash)];
        await vault.putRemoved([...removed, ...hashes.map((keyHash) => ({ keyHash, source: name, orgId }))]);
        await vault.remove(name);
        await fill();
        await purgeSource(connection, name);
      }),
    async setJwks(name, jwks) {
      await change(name, (file) => ({ ...file, jwks }));
    },
    serviceUrl: ({ serviceKey }) => new URL(`hooks/${serviceKey}`, `${publicUrl.replace(/\/+$/, "")}/`).href,
    publish: () =>
      alone(async () => {
        const wasPublished = await isPublished();
        await vault.reseal();
        await fill();
        return !wasPublished;
      }),
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
