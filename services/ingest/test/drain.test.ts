import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, truncate, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import type { Lease } from "@deskmirror/model";
import type { SpoolRecord } from "@deskmirror/redis";
import { createLog } from "@deskmirror/runtime";
import { drainSpool } from "../src/spool/drain.ts";
import type { DrainOptions } from "../src/spool/drain.ts";
import { indexedSegments, prepareSpool } from "../src/spool/index-files.ts";
import { findLostSegments } from "../src/spool/lost.ts";
import { createSpool } from "../src/spool/spool.ts";
import type { Spool } from "../src/spool/spool.ts";
import { makeGroup } from "./support/groups.ts";

let dir: string;
let spool: Spool;
let added: string[];
let gaps: string[];
let lost: string[];
let records: Map<string, SpoolRecord>;
let isHeld: boolean;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "deskmirror-drain-"));
  await prepareSpool(dir);
  spool = createSpool({ dir, instance: "one", limitBytes: 1e9 });
  [added, gaps, lost, records, isHeld] = [[], [], [], new Map(), true];
});

afterEach(async () => {
  await spool.seal();
  await rm(dir, { recursive: true });
});

/** A Redis in memory, of one source. */
function options(overrides: Partial<DrainOptions["queue"]> = {}): DrainOptions & { readonly sources: string[] } {
  const lease: Lease = {
    epoch: 1,
    signal: new AbortController().signal,
    renew: async () => isHeld,
    release: async () => {},
  };
  return {
    dir,
    sources: ["acme"],
    leases: { acquire: async () => lease },
    queue: {
      add: async ({ id }) => void added.push(id),
      spooled: async (_source, record) => void records.set(record.segment, record),
      unspooled: async (_source, _instance, segment) => void records.delete(segment),
      spoolLost: async (_source, _instance, segment) => void lost.push(segment),
      spoolRecords: async () => [...records.values()],
      ...overrides,
    },
    gaps: { open: (source, reason) => void gaps.push(`${source} ${reason}`) },
    redisState: () => "well",
    signal: new AbortController().signal,
    log: createLog({ service: "ingest", level: "silent" }),
  };
}

async function segmentFiles(): Promise<readonly string[]> {
  return (await readdir(dir, { recursive: true })).filter((name) => name.startsWith("one/")).toSorted();
}

describe("draining the spool", () => {
  test("leaves alone what another process still appends to, and takes it when it has not grown for 5 s", async () => {
    await spool.append(makeGroup("g-1"));
    await drainSpool(options());
    assert.deepEqual([added, await segmentFiles()], [[], ["one/0.open"]]);
    const longAgo = new Date(Date.now() - 6_000);
    await utimes(join(dir, "one/0.open"), longAgo, longAgo);
    await drainSpool(options());
    assert.deepEqual([added, await segmentFiles(), records.size], [["g-1"], [], 0]);
  });

  test("outage after outage nothing is missed that was drained", async () => {
    for (const id of ["g-1", "g-2", "g-3"]) {
      await spool.append(makeGroup(id));
      await spool.seal();
      await drainSpool(options());
      await findLostSegments(options());
    }
    assert.deepEqual([added, lost, gaps], [["g-1", "g-2", "g-3"], [], []]);
    assert.deepEqual(await indexedSegments(dir), []);
  });

  test("a process that was frozen while another drained says nothing more of the segment", async () => {
    await spool.append(makeGroup("g-1"));
    await spool.append(makeGroup("g-2"));
    await spool.seal();
    const frozen = options({
      async add() {
        isHeld = false;
        await rm(join(dir, "one"), { recursive: true });
        records.clear();
      },
    });
    await assert.rejects(drainSpool(frozen), { name: "FencedError" });
    assert.equal(records.size, 0);
  });

  test("an end that was cut off before it was answered is no loss", async () => {
    await spool.append(makeGroup("g-1"));
    await spool.append(makeGroup("g-2"));
    await spool.seal();
    await truncate(join(dir, "one/0"), (spool.bytes() * 3) / 4);
    await rm(join(dir, "index/one.0"));
    await drainSpool(options());
    assert.deepEqual([added, gaps], [["g-1"], []]);
  });

  test("a group that the index knows and that cannot be read opens a gap", async () => {
    await spool.append(makeGroup("g-1"));
    await spool.append(makeGroup("g-2"));
    await spool.seal();
    await truncate(join(dir, "one/0"), (spool.bytes() * 3) / 4);
    await drainSpool(options());
    assert.deepEqual([added, gaps], [["g-1"], ["acme spool lost"]]);
  });
});
