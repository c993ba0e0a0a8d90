import { crc32 } from "node:zlib";
import type { DeliveryGroup } from "@deskmirror/model";

const HEADER_BYTES = 8;

/** A group as a segment holds it: length (4 bytes), CRC-32 (4 bytes), JSON. */
export function encodeRecord(group: DeliveryGroup): Buffer {
  const json = Buffer.from(JSON.stringify(group));
  const record = Buffer.allocUnsafe(HEADER_BYTES + json.length);
  record.writeUInt32BE(json.length, 0);
  record.writeUInt32BE(crc32(json), 4);
  json.copy(record, HEADER_BYTES);
  return record;
}

/** What a segment holds. */
export interface Records {
  readonly groups: readonly DeliveryGroup[];
  /** Bytes at the end that are no whole record: a write that was cut off, and never answered 200. */
  readonly tornBytes: number;
}

/** Reads the records of a segment up to its end or to the first that is not whole. */
export function decodeRecords(segment: Buffer): Records {
  const groups: DeliveryGroup[] = [];
  let at = 0;
  while (at + HEADER_BYTES < segment.length) {
    const end = at + HEADER_BYTES + segment.readUInt32BE(at);
    const json = segment.subarray(at + HEADER_BYTES, end);
    // A file can have been lengthened before its bytes were written: then the rest is zeros.
    if (json.length === 0 || end > segment.length || crc32(json) !== segment.readUInt32BE(at + 4)) break;
    groups.push(JSON.parse(json.toString()) as DeliveryGroup);
    at = end;
  }
  return { groups, tornBytes: segment.length - at };
}
