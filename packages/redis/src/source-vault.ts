import { randomUUID } from "node:crypto";
import type { Gap, Vault } from "@deskmirror/model";
import {
  gapsFileSchema,
  removalSchema,
  removedKeysSchema,
  seenSchema,
  sourceFileSchema,
  stampSchema,
} from "./data-source-schema.ts";
import type { Removal, RemovedKeys, Seen, SourceFile, Stamp } from "./data-source-schema.ts";
import type { RegistryEntry } from "./registry-entry.ts";
import type { Sealer } from "./sealer.ts";
import { hashServiceKey } from "./service-key.ts";

/** What the vault holds, opened. */
export interface VaultContents {
  /** By name. */
  readonly files: ReadonlyMap<string, SourceFile>;
  readonly removed: RemovedKeys;
  readonly removals: readonly Removal[];
  /** Null before Redis was first seen to hold the sources. */
  readonly seen: Seen | null;
  /** By source, as they were when last looked at. */
  readonly gaps: ReadonlyMap<string, readonly Gap[]>;
  /** Null while nothing was ever changed in it. */
  readonly stamp: Stamp | null;
  /** All of it but what speaks of Redis (`seen`, `gaps`): sealed texts by name. */
  readonly texts: ReadonlyMap<string, string>;
}

/** The sealed sources in the default sink's vault. */
export interface SourceVault {
  /** ConfigError when a text opens with no key. */
  readonly read: () => Promise<VaultContents>;
  readonly put: (file: SourceFile) => Promise<void>;
  readonly putRemoved: (keys: RemovedKeys) => Promise<void>;
  readonly putRemoval: (removal: Removal) => Promise<void>;
  readonly endRemoval: (removal: Removal) => Promise<void>;
  readonly putSeen: (seen: Seen) => Promise<void>;
  readonly putGaps: (source: string, gaps: readonly Gap[]) => Promise<void>;
  readonly remove: (name: string) => Promise<void>;
  /** Makes its texts those of a later vault of the same name, or of one that was lost; the stamp comes last. */
  readonly replace: (texts: ReadonlyMap<string, string>) => Promise<void>;
  /** Seals with the present key what was sealed with the previous one. */
  readonly reseal: () => Promise<void>;
}

const SOURCE = "source:";
const REMOVED_KEYS = "removed-keys";
const REMOVAL = "webhook-removal:";
const SEEN = "redis-seen";
const GAPS = "gaps:";
const STAMP = "stamp";

/** The stamp among the texts of a vault, or of a copy of it. */
export function stampOf(texts: ReadonlyMap<string, string>, seal: Sealer): Stamp | null {
  const sealed = texts.get(STAMP);
  return sealed === undefined ? null : stampSchema.parse(JSON.parse(seal.open(sealed)));
}

/** Seals sources into a vault, one text each. */
export function createSourceVault(vault: Vault, seal: Sealer): SourceVault {
  const put = (name: string, value: unknown) => vault.put(name, seal.seal(JSON.stringify(value)));
  const removalName = ({ source }: Removal) => `${REMOVAL}${source.name}/${source.webhookId}`;

  /** Counts a change that was just made: if it is lost here, the texts are those of a vault that is not behind. */
  async function count(): Promise<void> {
    const { name, changes } = stampOf(await vault.all(), seal) ?? { name: randomUUID(), changes: 0 };
    await put(STAMP, { name, changes: changes + 1 } satisfies Stamp);
  }

  const changing =
    <T extends readonly unknown[]>(edit: (...args: T) => Promise<void>) =>
    async (...args: T): Promise<void> => {
      await edit(...args);
      await count();
    };

  return {
    async read() {
      const all = await vault.all();
      const open = (sealed: string): unknown => JSON.parse(seal.open(sealed));
      const opened = (name: string): unknown => (all.has(name) ? open(all.get(name)!) : undefined);
      const startingWith = (prefix: string): readonly unknown[] =>
        [...all].flatMap(([name, sealed]) => (name.startsWith(prefix) ? [open(sealed)] : []));
      const files = startingWith(SOURCE).map((file) => sourceFileSchema.parse(file));
      const gaps = startingWith(GAPS).map((file) => gapsFileSchema.parse(file));
      return {
        files: new Map(files.map((file) => [file.source.name, file])),
        removed: removedKeysSchema.parse(opened(REMOVED_KEYS)),
        removals: startingWith(REMOVAL).map((removal) => removalSchema.parse(removal)),
        seen: seenSchema.parse(opened(SEEN)),
        gaps: new Map(gaps.map((file) => [file.source, file.gaps])),
        stamp: stampOf(all, seal),
        texts: new Map([...all].filter(([name]) => isOfSources(name))),
      };
    },
    put: changing((file) => put(`${SOURCE}${file.source.name}`, file)),
    putRemoved: changing((keys) => put(REMOVED_KEYS, keys)),
    putRemoval: changing((removal) => put(removalName(removal), removal)),
    endRemoval: changing((removal) => vault.remove(removalName(removal))),
    putSeen: (seen) => put(SEEN, seen),
    putGaps: (source, gaps) => put(`${GAPS}${source}`, { source, gaps }),
    remove: changing(async (name) => {
      await vault.remove(`${SOURCE}${name}`);
      await vault.remove(`${GAPS}${name}`);
    }),
    async replace(texts) {
      for (const name of (await vault.all()).keys()) {
        if (isOfSources(name) && !texts.has(name)) await vault.remove(name);
      }
      for (const [name, sealed] of texts) if (name !== STAMP) await vault.put(name, sealed);
      await vault.put(STAMP, texts.get(STAMP)!);
    },
    async reseal() {
      for (const [name, sealed] of await vault.all()) {
        if (seal.needsReseal(sealed)) await vault.put(name, seal.seal(seal.open(sealed)));
      }
    },
  };
}

function isOfSources(name: string): boolean {
  return name !== SEEN && !name.startsWith(GAPS);
}

/** All that ingest may know of the keys of these sources. */
export function toRegistryEntries(files: Iterable<SourceFile>, removed: RemovedKeys): readonly RegistryEntry[] {
  const ofRemoved = removed.map(({ keyHash, source, orgId }): RegistryEntry => ({
    source,
    orgId,
    keyHash,
    state: "removed",
    graceUntilMs: null,
    webhookId: null,
    signature: "verify",
    jwks: null,
    paused: false,
  }));
  return [...ofRemoved, ...[...files].flatMap(toEntries)];
}

function toEntries({ source, retired, jwks }: SourceFile): readonly RegistryEntry[] {
  const { name, orgId, webhookId, signature, paused } = source;
  const common = { source: name, orgId, webhookId, signature, jwks, paused };
  return [
    { ...common, keyHash: hashServiceKey(source.serviceKey), state: "current", graceUntilMs: null },
    ...retired.map(({ keyHash, graceUntilMs }): RegistryEntry => ({
      ...common,
      keyHash,
      state: graceUntilMs > Date.now() ? "grace" : "rotated",
      graceUntilMs,
    })),
  ];
}
