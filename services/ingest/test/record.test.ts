import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { decodeRecords, encodeRecord } from "../src/spool/record.ts";
import { makeDelivery } from "./support/groups.ts";

const bodies = fc.array(fc.string({ unit: "binary", maxLength: 40 }), { minLength: 1, maxLength: 3 });
const groups = fc.array(bodies, { maxLength: 6 }).map((all) =>
  all.map((texts, at) => ({
    id: `g-${at}`,
    source: "acme",
    deliveries: texts.map((text, index) => makeDelivery(`${at}.${index}`, text)),
  })),
);

describe("records of a spool segment", () => {
  test("come back as they were written, whatever the bodies hold", () => {
    fc.assert(
      fc.property(groups, (written) => {
        const segment = Buffer.concat(written.map(encodeRecord));
        assert.deepEqual(decodeRecords(segment), { groups: written, tornBytes: 0 });
      }),
    );
  });

  test("a torn end costs what was being written, never what was written before", () => {
    fc.assert(
      fc.property(groups, fc.nat(), (written, cut) => {
        const records = written.map(encodeRecord);
        const segment = Buffer.concat(records);
        const length = segment.length === 0 ? 0 : cut % (segment.length + 1);
        let whole = 0;
        let bytes = 0;
        for (const record of records) {
          if (bytes + record.length > length) break;
          bytes += record.length;
          whole++;
        }
        const read = decodeRecords(segment.subarray(0, length));
        assert.deepEqual(read, { groups: written.slice(0, whole), tornBytes: length - bytes });
      }),
    );
  });

  test("a file that was lengthened before it was written ends with zeros, which are no record", () => {
    const record = encodeRecord({ id: "g-1", source: "acme", deliveries: [makeDelivery("1")] });
    const read = decodeRecords(Buffer.concat([record, Buffer.alloc(4096)]));
    assert.equal(read.groups.length, 1);
    assert.equal(read.tornBytes, 4096);
  });

  test("a changed bit is found, and nothing of its record is believed", () => {
    fc.assert(
      fc.property(groups, fc.nat(), (written, at) => {
        fc.pre(written.length > 0);
        const segment = Buffer.concat(written.map(encodeRecord));
        segment[at % segment.length]! ^= 1;
        const read = decodeRecords(segment);
        assert.ok(read.groups.length < written.length && read.tornBytes > 0);
        assert.deepEqual(read.groups, written.slice(0, read.groups.length));
      }),
    );
  });
});
