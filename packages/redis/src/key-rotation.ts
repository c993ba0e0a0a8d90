import { TransientError } from "@deskmirror/model";
import type { DataSource, Leases } from "@deskmirror/model";
import type { SourceFile } from "./data-source-schema.ts";
import { createServiceKey, hashServiceKey } from "./service-key.ts";

/** How a service key is changed. */
export interface Rotation {
  readonly graceMs: number;
  /** Given the source with its new key, which ingest knows by then. */
  readonly confirm?: (source: DataSource) => Promise<void>;
}

/**
 * Gives a source a new service key. Both work until `confirm` is done; then every key before it works for `graceMs` and is rotated out. When
 * `confirm` throws, the old one stays, and the new one works all the same: Zoho may have taken it. TransientError while another
 * rotation of the source is under way.
 */
export type RotateKey = (name: string, rotation: Rotation) => Promise<DataSource>;

/** What rotations need. */
export interface KeyRotationOptions {
  readonly leases: Leases;
  /** Changes one source and publishes it. */
  readonly change: (name: string, edit: (file: SourceFile) => SourceFile) => Promise<DataSource>;
}

const LEASE_MS = 5_000;

/** The grace of a key that Zoho may still be using: until a later key is confirmed. */
const UNTIL_CONFIRMED = Number.MAX_SAFE_INTEGER;

/** Rotates keys, one rotation of a source at a time: two webhooks' moves that cross would leave Zoho with the key that is given up. */
export function createKeyRotation({ leases, change }: KeyRotationOptions): RotateKey {
  async function rotate(name: string, { graceMs, confirm }: Rotation): Promise<DataSource> {
    let oldKey = "";
    const rotated = await change(name, (file) => {
      oldKey = file.source.serviceKey;
      return withKey(file, createServiceKey());
    });
    /** Unless this process froze meanwhile and another rotation came in between. */
    const finish = (edit: (file: SourceFile) => SourceFile): Promise<DataSource> =>
      change(name, (file) => (file.source.serviceKey === rotated.serviceKey ? edit(file) : file));
    try {
      await confirm?.(rotated);
    } catch (error) {
      await finish((file) => withKey(file, oldKey));
      throw error;
    }
    return finish((file) => withGrace(file, Date.now() + graceMs));
  }

  return async function rotateKey(name, rotation) {
    const lease = await leases.acquire(`key rotation:${name}`, { ttlMs: LEASE_MS, keepAlive: true });
    if (lease === null) throw new TransientError(`${name} is being given a new service URL already; look at it again`);
    try {
      return await rotate(name, rotation);
    } finally {
      await lease.release();
    }
  };
}

/** The file with another key; the one it had stays good until a later one is confirmed. */
function withKey({ source, retired, jwks }: SourceFile, serviceKey: string): SourceFile {
  const others = retired.filter(({ keyHash }) => keyHash !== hashServiceKey(serviceKey));
  const old = { keyHash: hashServiceKey(source.serviceKey), graceUntilMs: UNTIL_CONFIRMED };
  return { source: { ...source, serviceKey }, retired: [...others, old], jwks };
}

/** The file whose present key is confirmed: Zoho uses none before it. */
function withGrace(file: SourceFile, graceUntilMs: number): SourceFile {
  const retired = file.retired.map((key) => (key.graceUntilMs === UNTIL_CONFIRMED ? { ...key, graceUntilMs } : key));
  return { ...file, retired };
}
