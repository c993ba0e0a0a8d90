import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { beforeEach } from "node:test";
import type { DataSource, Vault } from "@deskmirror/model";
import type { RegistryEntry } from "../src/registry-entry.ts";
import { createRegistryReader } from "../src/registry-reader.ts";
import type { RegistryReaderOptions } from "../src/registry-reader.ts";
import { createSealer } from "../src/sealer.ts";
import { createServiceKey } from "../src/service-key.ts";
import { createSourceRegistry } from "../src/source-registry.ts";
import { atEnd, testConnection, testRedis, uniqueName } from "./redis.ts";

/** The Redis of this test file. */
export const url = await testRedis();
export const connection = await testConnection(url);
export const { client } = connection;
/** The key that seals everything here. */
export const key = randomBytes(32).toString("base64");

// Else a new vault would be taken for one that lost what the test before left in Redis.
beforeEach(() => client.flushall());

/** The memory form of a vault. */
export function createVault(): Vault & { readonly texts: Map<string, string> } {
  const texts = new Map<string, string>();
  return {
    texts,
    put: async (name, sealed) => void texts.set(name, sealed),
    remove: async (name) => void texts.delete(name),
    all: async () => new Map(texts),
  };
}

/** A registry as sync opens it. */
export function open(vault: Vault = createVault(), secretKey = key, previousKey?: string) {
  const seal = createSealer(previousKey === undefined ? { key: secretKey } : { key: secretKey, previousKey });
  return createSourceRegistry({ connection, vault, seal, publicUrl: "https://hooks.example.org/" });
}

/** A reader as ingest opens it, up to date. */
export async function openReader(options: Partial<RegistryReaderOptions> = {}) {
  const reader = createRegistryReader({ connection, ...options });
  atEnd(() => reader.close());
  await reader.start();
  await reader.refresh();
  return reader;
}

/** What nobody may read in Redis or in the vault. */
export const hide = { secret: "client-secret-1", token: "refresh-token-1", sink: "postgres://u:sink-password@h/d" };

/** A data source with every attribute. */
export function dataSource(name = uniqueName(), patch: Partial<DataSource> = {}): DataSource {
  return {
    name,
    orgId: "700123456",
    dataCenter: "eu",
    clientId: "1000.X",
    clientSecret: hide.secret,
    refreshToken: hide.token,
    scopes: ["Desk.tickets.READ"],
    mode: "document",
    increment: "webhook",
    tables: ["tickets"],
    sinkUrl: hide.sink,
    signature: "verify",
    throttle: { concurrency: 8, reserve: 0.4, dailyCredits: null },
    reconcileSeconds: 900,
    compareSeconds: null,
    sweepHours: null,
    accountsUrl: null,
    deskUrl: null,
    serviceKey: createServiceKey(),
    webhookId: null,
    paused: false,
    pulls: { tickets: 1 },
    createdMs: 1_700_000_000_000,
    ...patch,
  };
}

/** Tells a known key from what else a reader may say. */
export const known = (found: object): RegistryEntry => {
  assert.ok("keyHash" in found, JSON.stringify(found));
  return found as RegistryEntry;
};
