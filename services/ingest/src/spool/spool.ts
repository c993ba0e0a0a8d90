import { statfs } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { TransientError } from "@deskmirror/model";
import type { DeliveryGroup } from "@deskmirror/model";
import type { CheckResult } from "@deskmirror/runtime";
import { addToIndex, assertWritable, openIndex, removeFromIndex } from "./index-files.ts";
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
  readonly check: () => Promise<CheckResult>;
  /** Ends the segment that this process appends to; a later append begins another. */
  seal(): Promise<void>;
}

/** Where a spool lives and how large it may grow. */
export interface SpoolOptions {
  readonly dir: string;
  /** This process's own folder. */
  readonly instance: string;
  readonly limitBytes: number;
}

/** The segment that is appended to, and its part of the index. */
interface GrowingSegment extends Segment {
  readonly handle: FileHandle;
  readonly index: FileHandle;
  bytes: number;
}

/** A drained segment is read whole, so it stays small. */
const SEGMENT_BYTES = 8 * 1024 * 1024;

/** A spool in a folder that exists. Appends go one after the other, each with its own fsync. */
export function createSpool({ dir, instance, limitBytes }: SpoolOptions): Spool {
  let current: GrowingSegment | null = null;
  let nextSegment = 0;
  let totalBytes = 0;
  let freeBytes = Infinity;
  let last: Promise<unknown> = Promise.resolve();

  function inTurn(run: () => Promise<void>): Promise<void> {
    const done = last.then(run);
    last = done.catch(() => {});
    return done;
  }

  async function openSegment(): Promise<GrowingSegment> {
    const segment = { instance, n: nextSegment++ };
    const index = await openIndex(dir, segment);
    try {
      return { ...segment, index, handle: await createSegment(dir, segment), bytes: 0 };
    } catch (error) {
      await index.close();
      await removeFromIndex(dir, segment);
      throw error;
    }
  }

  async function closeSegment(): Promise<void> {
    if (current === null) return;
    const segment = current;
    current = null;
    await Promise.all([segment.handle.close(), segment.index.close()]);
    await sealSegment(dir, segment);
  }

  /** The segment to append to; one that somebody sealed, as whoever drains it does first, must not grow. */
  async function growingSegment(): Promise<GrowingSegment> {
    if (current !== null && !(await isOpen(dir, current))) await closeSegment();
    return (current ??= await openSegment());
  }

  async function write(segment: GrowingSegment, group: DeliveryGroup, record: Buffer): Promise<void> {
    try {
      await segment.handle.appendFile(record);
      await segment.handle.datasync();
      await addToIndex(segment.index, group);
    } catch (error) {
      // Part of the record may be there, and nothing may follow it: cut it off, or else write no more to this segment.
      await segment.handle.truncate(segment.bytes).catch(closeSegment);
      throw error;
    }
    segment.bytes += record.length;
    totalBytes += record.length;
  }

  async function append(group: DeliveryGroup, record: Buffer): Promise<void> {
    let segment: GrowingSegment;
    // If it was sealed before this moment, the record may not have been seen, and is written once more.
    do await write((segment = await growingSegment()), group, record);
    while (!(await isOpen(dir, segment)));
    if (segment.bytes >= SEGMENT_BYTES) await closeSegment();
  }

  async function measure(): Promise<void> {
    const disk = await statfs(dir);
    freeBytes = disk.bavail * disk.bsize;
    totalBytes = (await listSegments(dir)).reduce((sum, { bytes }) => sum + bytes, 0);
  }

  return {
    append(group) {
      const record = encodeRecord(group);
      if (totalBytes + record.length > limitBytes) {
        const message = `the spool is full (${limitBytes} bytes): bring Redis back, or raise SPOOL_LIMIT_BYTES`;
        return Promise.reject(new TransientError(message, { code: "SPOOL_FULL" }));
      }
      return inTurn(() => append(group, record));
    },
    bytes: () => totalBytes,
    measure,
    async check() {
      await assertWritable(dir);
      await measure();
      return {
        ok: limitBytes - totalBytes > SEGMENT_BYTES && freeBytes > SEGMENT_BYTES,
        message: `${totalBytes} of ${limitBytes} bytes used, ${freeBytes} free on the disk`,
      };
    },
    seal: () => inTurn(closeSegment),
  };
}
