import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, test } from "node:test";
import { sleep } from "@deskmirror/runtime";
import { indexedSegments, prepareSpool, readIndex, removeFromIndex } from "../src/spool/index-files.ts";
import { decodeRecords } from "../src/spool/record.ts";
import { listSegments, readSegment, removeSegment, sealSegment } from "../src/spool/segments.ts";
import type { FoundSegment } from "../src/spool/segments.ts";
import { createSpool } from "../src/spool/spool.ts";
import type { Spool } from "../src/spool/spool.ts";
import { makeDelivery, makeGroup } from "./support/groups.ts";

const dirs: string[] = [];
const spools: Spool[] = [];

afterEach(async () => {
  for (const spool of spools.splice(0)) await spool.seal();
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

/** As a drain does: seals, reads, forgets, removes. Gives the ids of the groups that were in it. */
async function drain(dir: string): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const segment of await listSegments(dir)) {
    await sealSegment(dir, segment);
    ids.push(...decodeRecords((await readSegment(dir, segment))!).groups.map(({ id }) => id));
    await removeFromIndex(dir, segment);
    await removeSegment(dir, segment);
  }
  return ids;
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
    assert.equal((await spool.check()).ok, false);
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
    const drained = new Set<string>();
    let drains = 0;
    for (; !appended.signal.aborted; drains++) {
      for (const id of await drain(dir)) drained.add(id);
      await sleep(20);
    }
    await appends;
    for (const id of await drain(dir)) drained.add(id);
    assert.deepEqual(
      confirmed.filter((id) => !drained.has(id)),
      [],
    );
    assert.ok(drained.size === 60 && drains > 1, "the drain must have sealed in between");
    assert.deepEqual(await indexedSegments(dir), [], "the index must not know what was drained");
  });

  test("what is appended after a drain brings nothing of it back to the index (false loss in the second outage)", async () => {
    const dir = await newDir();
    const spool = openSpool(dir);
    await spool.append(makeGroup("g-1"));
    assert.deepEqual(await drain(dir), ["g-1"]);
    await spool.append(makeGroup("g-2"));
    assert.deepEqual(await indexedSegments(dir), [{ instance: "one", n: 1 }]);
    assert.deepEqual(await drain(dir), ["g-2"]);
    assert.deepEqual(await indexedSegments(dir), []);
  });

  test("a segment sealed by its own process holds each group once, whatever is appended meanwhile", async () => {
    const dir = await newDir();
    const spool = openSpool(dir);
    const ids = Array.from({ length: 40 }, (_, n) => `g-${n}`);
    await Promise.all(ids.flatMap((id) => [spool.append(makeGroup(id)), spool.seal()]));
    assert.deepEqual(await groupIds(dir), ids);
  });

  test("is not ready while its folder is gone, and makes it again for what must be stored", async () => {
    const dir = await newDir();
    const spool = openSpool(dir);
    await spool.append(makeGroup("g-1"));
    assert.equal((await spool.check()).ok, true);
    await rm(dir, { recursive: true });
    await assert.rejects(spool.check(), { name: "ConfigError", message: /^SPOOL_DIR cannot be written to \(ENOENT/ });
    await spool.append(makeGroup("g-2"));
    assert.equal((await spool.check()).ok, true);
    assert.deepEqual(await groupIds(dir), ["g-2"]);
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

  test("a group that the index cannot take is told, and nothing of it is left", async () => {
    const dir = await newDir();
    const spool = openSpool(dir);
    // The record itself was written: as on a disk that fills up in between.
    await symlink("/dev/full", join(dir, "index", "one.0"));
    await assert.rejects(spool.append(makeGroup("g-1")), { code: "ENOSPC" });
    await spool.seal();
    await spool.append(makeGroup("g-2"));
    assert.deepEqual(await groupIds(dir), ["g-2"]);
  });

  test("the end seals, so that the next process finds no growing segment", async () => {
    const dir = await newDir();
    const spool = openSpool(dir);
    await spool.append(makeGroup("g-1"));
    await spool.seal();
    const [{ changedMs: _, ...segment }, ...others] = (await listSegments(dir)) as [FoundSegment, ...FoundSegment[]];
    assert.deepEqual([segment, others], [{ instance: "one", n: 0, bytes: spool.bytes(), open: false }, []]);
  });
});
