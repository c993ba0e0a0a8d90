import type { Vault } from "@deskmirror/model";
import { removalSchema, removedKeysSchema, seenSchema, sourceFileSchema } from "./data-source-schema.ts";
import type { Removal, RemovedKeys, Seen, SourceFile } from "./data-source-schema.ts";
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
  readonly remove: (name: string) => Promise<void>;
  /** Seals with the present key what was sealed with the previous one. */
  readonly reseal: () => Promise<void>;
}

const SOURCE = "source:";
const REMOVED_KEYS = "removed-keys";
const REMOVAL = "webhook-removal:";
const SEEN = "redis-seen";

/** Seals sources into a vault, one text each. */
export function createSourceVault(vault: Vault, seal: Sealer): SourceVault {
  const put = (name: string, value: unknown) => vault.put(name, seal.seal(JSON.stringify(value)));
  const removalName = ({ source }: Removal) => `${REMOVAL}${source.name}/${source.webhookId}`;

  return {
    async read() {
      const texts = await vault.all();
      const open = (sealed: string): unknown => JSON.parse(seal.open(sealed));
      const opened = (name: string): unknown => (texts.has(name) ? open(texts.get(name)!) : undefined);
      const startingWith = (prefix: string): readonly unknown[] =>
        [...texts].flatMap(([name, sealed]) => (name.startsWith(prefix) ? [open(sealed)] : []));
      const files = startingWith(SOURCE).map((file) => sourceFileSchema.parse(file));
      return {
        files: new Map(files.map((file) => [file.source.name, file])),
        removed: removedKeysSchema.parse(opened(REMOVED_KEYS)),
        removals: startingWith(REMOVAL).map((removal) => removalSchema.parse(removal)),
        seen: seenSchema.parse(opened(SEEN)),
      };
    },
    put: (file) => put(`${SOURCE}${file.source.name}`, file),
    putRemoved: (keys) => put(REMOVED_KEYS, keys),
    putRemoval: (removal) => put(removalName(removal), removal),
    endRemoval: (removal) => vault.remove(removalName(removal)),
    putSeen: (seen) => put(SEEN, seen),
    remove: (name) => vault.remove(`${SOURCE}${name}`),
    async reseal() {
      const isOurs = (name: string): boolean =>
        name.startsWith(SOURCE) || name.startsWith(REMOVAL) || name === REMOVED_KEYS || name === SEEN;
      for (const [name, sealed] of await vault.all()) {
        if (isOurs(name) && seal.needsReseal(sealed)) await vault.put(name, seal.seal(seal.open(sealed)));
      }
    },
  };
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
