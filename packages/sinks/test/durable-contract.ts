import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { describe, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { FencedError } from "@deskmirror/model";
import type { Change, Sink } from "@deskmirror/model";
import { createMemorySink } from "../src/memory-sink.ts";
import { batch, refetch, testTables, tombstone, upsert } from "./contract/changes.ts";

/** Contents that several processes may open. */
export interface Place {
  readonly url: string;
  readonly open: () => Promise<Sink>;
}

const { tickets, ...others } = testTables("acme");
const owner = { source: "acme", orgId: "org" };
const tables = [tickets, ...Object.values(others)];

/** What every sink must do whose contents outlive its process. `createPlace` gives empty contents. */
export function durableContract(name: string, createPlace: () => Promise<Place>): void {
  describe(`${name} among processes`, () => {
    test("a process that starts again finds all it had committed", async () => {
      const { open } = await createPlace();
      const before = await open();
      await before.prepare(tables, owner);
      const state = { watermarkMs: 5, progress: { page: 3 }, epoch: 2 };
      const event = (subject: string): Change =>
        upsert("1", { origin: "event", modifiedMs: 1, core: { id: "1", subject }, detail: { n: 1 } });
      await before.write({ ...batch(tickets, event("a"), event("b"), tombstone("2", 9)), state });
      await before.vault.put("acme", "sealed");
      const rows = await before.rowsByKey(tickets, ["1", "2"]);
      const doubts = await before.doubts("acme", 9);
      await before.close();

      const later = await open();
      await later.prepare(tables, owner);
      assert.equal(later.identity, before.identity);
      assert.deepEqual(await later.rowsByKey(tickets, ["1", "2"]), rows);
      assert.deepEqual((await later.states("acme")).get("tickets"), state);
      assert.equal(doubts.length, 1);
      assert.deepEqual(await later.doubts("acme", 9), doubts);
      assert.deepEqual(await later.vault.all(), new Map([["acme", "sealed"]]));
      assert.equal((await later.write(batch(tickets, event("a")))).doubts, 0, "a contradiction is remembered");
      const fenced = later.write({ ...batch(tickets), state: { ...state, epoch: 1 } });
      await assert.rejects(fenced, FencedError);
      await later.close();
    });

    test("processes that open and prepare the same empty contents at once agree", async () => {
      const { open } = await createPlace();
      const sinks = await Promise.all([open(), open(), open()]);
      await Promise.all(sinks.map((sink) => sink.prepare(tables, owner)));
      assert.equal(new Set(sinks.map(({ identity }) => identity)).size, 1);
      await Promise.all(sinks.map((sink) => sink.close()));
    });

    test("writes begun at once through one sink all commit", async () => {
      const { open } = await createPlace();
      const sink = await open();
      await sink.prepare(tables, owner);
      const event = (key: string): Change =>
        upsert(key, { origin: "event", modifiedMs: 1, core: { id: key }, detail: {} });
      const keys = Array.from({ length: 40 }, (_, index) => String(index));
      await Promise.all(keys.map((key) => sink.write(batch(tables[Number(key) % tables.length]!, event(key)))));
      const counts = await Promise.all(tables.map((table) => sink.count(table)));
      assert.equal(
        counts.reduce((sum, { rows }) => sum + rows, 0),
        keys.length,
      );
      await sink.close();
    });

    test("parallel writers of the same keys converge to what one writer gives", async () => {
      const { open } = await createPlace();
      const sinks = await Promise.all([open(), open(), open()]);
      await sinks[0].prepare(tables, owner);
      const changes = Array.from({ length: 600 }, (_, index) => manyStates(index));
      const reference = createMemorySink();
      await reference.prepare(tables, owner);
      await reference.write(batch(tickets, ...changes));
      await Promise.all(
        sinks.map(async (sink, turn) => {
          for (let start = 0; start < changes.length; start += 40) {
            const from = (start + turn * 40) % changes.length;
            const mine = changes.slice(from, from + 80);
            await sink.write(batch(tickets, ...(turn === 1 ? mine.toReversed() : mine), refetch(`r${start % 3}`)));
          }
        }),
      );
      const query = { limit: 1_000 };
      assert.deepEqual(await sinks[0].rows(tickets, query), await reference.rows(tickets, query));
      const deleted = { limit: 1_000, deletedAfterMs: 0 };
      assert.deepEqual(await sinks[0].rows(tickets, deleted), await reference.rows(tickets, deleted));
      await Promise.all(sinks.map((sink) => sink.close()));
    });

    test("two writers that insert contradicting states of new keys at once leave a doubt for each key", async () => {
      const { open } = await createPlace();
      const [left, right] = await Promise.all([open(), open()]);
      await left.prepare(tables, owner);
      const keys = Array.from({ length: 40 }, (_, index) => String(index));
      const say = async (sink: Sink, key: string, subject: string): Promise<void> => {
        await sink.write(batch(tickets, upsert(key, { modifiedMs: 1, core: { id: key, subject } })));
      };
      for (const key of keys) await Promise.all([say(left, key, "a"), say(right, key, "b")]);
      const doubts = await left.doubts("acme", 100);
      assert.deepEqual(doubts.map(({ key }) => key).toSorted(), keys.toSorted());
      await Promise.all([left.close(), right.close()]);
    });

    test("processes that believe the mode a source had go on writing and reading while it changes", async () => {
      const { open } = await createPlace();
      const [writer, reader, switcher] = await Promise.all([open(), open(), open()]);
      await writer.prepare(tables, owner);
      for (const table of tables) await writer.shape(table, [{ path: ["subject"], type: "text" }]);
      await reader.rows(tickets, { limit: 1 });
      const over = new AbortController();
      let written = 0;
      const writing = (async () => {
        for (; !over.signal.aborted; written++) {
          await setImmediate(); // SQLite's calls are synchronous: let timers have a turn
          const change = upsert(String(written), { modifiedMs: 1, core: { id: String(written), subject: "s" } });
          assert.deepEqual((await writer.write(batch(tickets, change))).outcomes, ["applied"]);
          if (written % 5 === 0) await writer.write(batch(tickets, tombstone(String(written), 9)));
        }
      })();
      const reading = (async () => {
        while (!over.signal.aborted) {
          await setImmediate();
          const { rows, deleted } = await reader.count(tickets);
          await reader.rowsByKey(tickets, ["0"]);
          assert.ok(rows + deleted <= written + 1);
          await reader.detailDue(tickets, 1);
        }
      })();
      for (let turn = 0; turn < 12; turn++) {
        await new Promise((resolve) => setTimeout(resolve, 15));
        await switcher.prepare([], { ...owner, mode: turn % 2 === 0 ? "csv" : "document" });
      }
      over.abort();
      await Promise.all([writing, reading]);
      const { rows, deleted } = await reader.count(tickets);
      assert.equal(rows + deleted, written);
      assert.ok(written > 12, `${written} written`);
      await Promise.all([writer, reader, switcher].map((sink) => sink.close()));
    });

    test("a process that starts again finds columns and mode as they were", async () => {
      const { open } = await createPlace();
      const before = await open();
      await before.prepare(tables, { ...owner, mode: "csv" });
      await before.shape(tickets, [{ path: ["subject"], type: "text" }]);
      await before.write(batch(tickets, tombstone("1", 1)));
      await before.close();
      const later = await open();
      await later.prepare(tables, owner);
      const shapes = await later.shapes("acme");
      assert.deepEqual([...shapes.keys()], ["tickets"]);
      assert.deepEqual(
        shapes.get("tickets")?.map(({ path }) => path),
        [["subject"]],
      );
      assert.equal((await later.count(tickets)).deleted, 1);
      await later.close();
    });

    test("kill -9 leaves as many rows as the checkpoint says, and no fewer than were confirmed", async () => {
      const { url, open } = await createPlace();
      const script = new URL("./writer-process.ts", import.meta.url).pathname;
      const child = spawn(process.execPath, [script, url], { stdio: ["ignore", "pipe", "inherit"] });
      const ended = once(child, "exit");
      let confirmed = 0;
      for await (const line of createInterface({ input: child.stdout })) {
        confirmed = Number(line);
        if (confirmed === 400) setTimeout(() => child.kill("SIGKILL"), 7);
      }
      assert.deepEqual(await ended, [null, "SIGKILL"]);
      const sink = await open();
      const { rows } = await sink.count(tickets);
      assert.ok(rows >= confirmed && confirmed >= 400, `${rows} rows, ${confirmed} confirmed`);
      assert.deepEqual((await sink.states("acme")).get("tickets")?.progress, { rows });
      await sink.write(batch(tickets, tombstone("after", 1)));
      await sink.close();
    });
  });
}

function manyStates(index: number): Change {
  const key = String((index * 7) % 50);
  if (index % 11 === 0) return tombstone(key, index);
  return upsert(key, {
    origin: index % 5 === 0 ? "get" : "event",
    modifiedMs: index,
    core: index % 3 === 0 ? null : { id: key, subject: String(index) },
    detail: index % 2 === 0 ? null : { n: index },
    provisional: index % 4 === 1,
  });
}
