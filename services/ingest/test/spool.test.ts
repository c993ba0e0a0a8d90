import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, test } from "node:test";
import { sleep } from "@deskmirror/runtime";
import { indexedSegments, prepareSpool, readIndex } from "../src/spool/index-files.ts";
import { decodeRecords } from "../src/spool/record.ts";
import { listSegments, readSegment, sealSegment } from "../src/spool/segments.ts";
import { createSpool } from "../src/spool/spool.ts";
import type { Spool } from "../src/spool/spool.ts";
import { makeDelivery, makeGroup } from "./support/groups.ts";

const dirs: string[] = [];
const spools: Spool[] = [];

afterEach(async () => {
  for (const spool of spools.splice(0)) await spool.close();
  for (const dir of dirs.splice(0)) await rm(dir, { recursive: true });
});

async function newDir(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "deskmirror-spool-"));
  dirs.push(dir);
  await prepareSpool(dir);
  return dir;
}

function openSpool(dir: string, instance = "one", limitBytes = 1e9): Spool {
  const spool = createSpool({ dir, instance, limitBytes });
  spools.push(spool);
  return spool;
}

/** Ids of the groups in all segments, after sealing them. */
async function groupIds(dir: string): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const segment of await listSegments(dir)) {
    await sealSegment(dir, segment);
    ids.push(...decodeRecords((await readSegment(dir, segment))!).groups.map(({ id }) => id));
  }
  return ids;
}

describe("spool", () => {
  test("keeps groups in the order they came, in one segment named by instance and number", async () => {
    const dir = await newDir();
    const spool = openSpool(dir);
    await Promise.all(["g-1", "g-2", "g-3"].map((id) => spool.append(makeGroup(id))));
    assert.deepEqual(await readdir(join(dir, "one")), ["0.open"]);
    assert.deepEqual(await groupIds(dir), ["g-1", "g-2", "g-3"]);
  });

  test("the index says how much of each source a segment holds", async () => {
    const dir = await newDir();
    const spool = openSpool(dir);
    await spool.append(makeGroup("g-1", "acme", 2));
    await spool.append(makeGroup("g-2", "other"));
    await spool.append(makeGroup("g-3", "acme"));
    assert.deepEqual(await indexedSegments(dir), [{ instance: "one", n: 0 }]);
    assert.deepEqual(await readIndex(dir, { instance: "one", n: 0 }), [
      { source: "acme", groups: 2, events: 3 },
      { source: "other", groups: 1, events: 1 },
    ]);
  });

  test("a group over the limit is refused, and taken when there is room again", async () => {
    const dir = await newDir();
    const spool = openSpool(dir, "one", 400);
    await spool.append(makeGroup("g-1"));
    await assert.rejects(spool.append(makeGroup("g-2")), { name: "TransientError", code: "SPOOL_FULL" });
    assert.equal(spool.check().ok, false);
    assert.deepEqual(await groupIds(dir), ["g-1"]);
    await rm(join(dir, "one"), { recursive: true });
    await spool.measure();
    await spool.append(makeGroup("g-3"));
    assert.deepEqual(await groupIds(dir), ["g-3"]);
  });

  test("the limit counts what other processes have in the folder", async () => {
    const dir = await newDir();
    const other = openSpool(dir, "other");
    await other.append(makeGroup("g-1"));
    const spool = openSpool(dir, "one", 400);
    await spool.measure();
    await assert.rejects(spool.append(makeGroup("g-2")), { code: "SPOOL_FULL" });
  });

  test("a segment that somebody seals at any moment loses no group that was confirmed", async () => {
    const dir = await newDir();
    const spool = openSpool(dir);
    const appended = new AbortController();
    const confirmed: string[] = [];
    const appends = (async () => {
      for (let n = 0; n < 60; n++) {
        await spool.append(makeGroup(`g-${n}`));
        confirmed.push(`g-${n}`);
      }
      appended.abort();
    })();
    // As a drain does: seal, read, unlink.
    const drained = new Set<string>();
    while (!appended.signal.aborted) {
      for (const segment of await listSegments(dir)) {
        await sealSegment(dir, segment);
        for (const { id } of decodeRecords((await readSegment(dir, segment))!).groups) drained.add(id);
        await rm(join(dir, segment.instance, String(segment.n)));
      }
      await sleep(20);
    }
    await appends;
    for (const id of await groupIds(dir)) drained.add(id);
    assert.deepEqual(
      confirmed.filter((id) => !drained.has(id)),
      [],
    );
    assert.ok(drained.size === 60 && (await indexedSegments(dir)).length > 1, "the drain must have sealed in between");
  });

  test("a large segment is sealed and followed by another", async () => {
    const dir = await newDir();
    const spool = openSpool(dir);
    const body = "x".repeat(5 * 1024 * 1024);
    for (const id of ["g-1", "g-2", "g-3"]) {
      await spool.append({ id, source: "acme", deliveries: [makeDelivery(id, body)] });
    }
    assert.deepEqual((await readdir(join(dir, "one"))).toSorted(), ["0", "1.open"]);
    assert.deepEqual(await groupIds(dir), ["g-1", "g-2", "g-3"]);
  });

  test("a write that fails is told, and what follows it is read all the same", async () => {
    const dir = await newDir();
    const spool = openSpool(dir);
    await spool.append(makeGroup("g-1"));
    // The index cannot be written, after the record itself was: as on a disk that fills up in between.
    await rm(join(dir, "index"), { recursive: true });
    await writeFile(join(dir, "index"), "");
    await assert.rejects(spool.append(makeGroup("g-2")), { code: "ENOTDIR" });
    await rm(join(dir, "index"));
    await prepareSpool(dir);
    await spool.append(makeGroup("g-3"));
    assert.deepEqual(await groupIds(dir), ["g-1", "g-3"]);
  });

  test("closing seals, so that the next process finds no growing segment", async () => {
    const dir = await newDir();
    const spool = openSpool(dir);
    await spool.append(makeGroup("g-1"));
    await spool.close();
    assert.deepEqual(await listSegments(dir), [{ instance: "one", n: 0, bytes: spool.bytes(), open: false }]);
  });
});
