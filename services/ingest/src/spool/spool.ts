import { statfs } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { TransientError } from "@deskmirror/model";
import type { DeliveryGroup } from "@deskmirror/model";
import type { CheckResult } from "@deskmirror/runtime";
import { addToIndex } from "./index-files.ts";
import { encodeRecord } from "./record.ts";
import { createSegment, isOpen, listSegments, sealSegment } from "./segments.ts";
import type { Segment } from "./segments.ts";

/** The second durable path: a folder that outlives Redis and this process. */
export interface Spool {
  /** Resolves once the group is on disk. TransientError when the spool is full; else the file system's own error. */
  append(group: DeliveryGroup): Promise<void>;
  /** Bytes in it when last measured, with what was appended since. */
  bytes(): number;
  /** Looks at what all processes have in it, and at the disk. */
  measure(): Promise<void>;
  /** For readiness. */
  readonly check: () => CheckResult;
  /** Seals what this process writes to. */
  close(): Promise<void>;
}

/** Where a spool lives and how large it may grow. */
export interface SpoolOptions {
  readonly dir: string;
  /** This process's own folder. */
  readonly instance: string;
  readonly limitBytes: number;
}

/** A drained segment is read whole, so it stays small. */
const SEGMENT_BYTES = 8 * 1024 * 1024;

/** A spool in a folder that exists. Appends go one after the other, each with its own fsync. */
export function createSpool({ dir, instance, limitBytes }: SpoolOptions): Spool {
  let current: (Segment & { readonly handle: FileHandle; bytes: number }) | null = null;
  let nextSegment = 0;
  let totalBytes = 0;
  let freeBytes = Infinity;
  let last: Promise<unknown> = Promise.resolve();

  async function openSegment() {
    const segment = { instance, n: nextSegment++ };
    return { ...segment, handle: await createSegment(dir, segment), bytes: 0 };
  }

  async function closeSegment(): Promise<void> {
    if (current === null) return;
    const segment = current;
    current = null;
    await segment.handle.close();
    await sealSegment(dir, segment);
  }

  async function write(group: DeliveryGroup, record: Buffer): Promise<void> {
    const segment = (current ??= await openSegment());
    try {
      await segment.handle.appendFile(record);
      await segment.handle.datasync();
      await addToIndex(dir, segment, group);
    } catch (error) {
      // Part of the record may be there, and nothing may follow it: cut it off, or else write no more to this segment.
      await segment.handle.truncate(segment.bytes).catch(closeSegment);
      throw error;
    }
    segment.bytes += record.length;
    totalBytes += record.length;
  }

  async function append(group: DeliveryGroup, record: Buffer): Promise<void> {
    await write(group, record);
    // Whoever drains a segment seals it first: if that happened before this moment, the record may not have been seen.
    while (current !== null && !(await isOpen(dir, current))) {
      await closeSegment();
      await write(group, record);
    }
    if (current !== null && current.bytes >= SEGMENT_BYTES) await closeSegment();
  }

  return {
    append(group) {
      const record = encodeRecord(group);
      if (totalBytes + record.length > limitBytes) {
        const message = `the spool is full (${limitBytes} bytes): bring Redis back, or raise SPOOL_LIMIT_BYTES`;
        return Promise.reject(new TransientError(message, { code: "SPOOL_FULL" }));
      }
      const done = last.then(() => append(group, record));
      last = done.catch(() => {});
      return done;
    },
    bytes: () => totalBytes,
    async measure() {
      const disk = await statfs(dir);
      freeBytes = disk.bavail * disk.bsize;
      totalBytes = (await listSegments(dir)).reduce((sum, { bytes }) => sum + bytes, 0);
    },
    check: () => ({
      ok: limitBytes - totalBytes > SEGMENT_BYTES && freeBytes > SEGMENT_BYTES,
      message: `${totalBytes} of ${limitBytes} bytes used, ${freeBytes} free on the disk`,
    }),
    async close() {
      await last;
      await closeSegment();
    },
  };
}
