import type { Vault } from "@deskmirror/model";
import { removedKeysSchema, sourceFileSchema } from "./data-source-schema.ts";
import type { RemovedKeys, SourceFile } from "./data-source-schema.ts";
import type { RegistryEntry } from "./registry-entry.ts";
import type { Sealer } from "./sealer.ts";
import { hashServiceKey } from "./service-key.ts";

/** The sealed sources in the default sink's vault. */
export interface SourceVault {
  /** Every source by name, and the keys of removed ones. ConfigError when a text opens with no key. */
  readonly read: () => Promise<{ readonly files: ReadonlyMap<string, SourceFile>; readonly removed: RemovedKeys }>;
  readonly put: (file: SourceFile) => Promise<void>;
  readonly putRemoved: (keys: RemovedKeys) => Promise<void>;
  readonly remove: (name: string) => Promise<void>;
  /** Seals with the present key what was sealed with the previous one. */
  readonly reseal: () => Promise<void>;
}

const SOURCE = "source:";
const REMOVED_KEYS = "removed-keys";

/** Seals sources into a vault, one text each. */
export function createSourceVault(vault: Vault, seal: Sealer): SourceVault {
  return {
    async read() {
      const texts = [...(await vault.all())];
      const files = texts
        .filter(([name]) => name.startsWith(SOURCE))
        .map(([, sealed]) => sourceFileSchema.parse(JSON.parse(seal.open(sealed))));
      const removed = texts.find(([name]) => name === REMOVED_KEYS);
      return {
        files: new Map(files.map((file) => [file.source.name, file])),
        removed: removed === undefined ? [] : removedKeysSchema.parse(JSON.parse(seal.open(removed[1]))),
      };
    },
    put: (file) => vault.put(`${SOURCE}${file.source.name}`, seal.seal(JSON.stringify(file))),
    putRemoved: (keys) => vault.put(REMOVED_KEYS, seal.seal(JSON.stringify(keys))),
    remove: (name) => vault.remove(`${SOURCE}${name}`),
    async reseal() {
      for (const [name, sealed] of await vault.all()) {
        const isOurs = name.startsWith(SOURCE) || name === REMOVED_KEYS;
        if (isOurs && seal.needsReseal(sealed)) await vault.put(name, seal.seal(seal.open(sealed)));
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
