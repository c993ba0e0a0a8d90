import assert from "node:assert/strict";
import { copyFile, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import { ConfigError, TransientError } from "@deskmirror/model";
import type { Sink } from "@deskmirror/model";
import { openSink } from "../src/open-sink.ts";
import { openSqliteSink } from "../src/sqlite/sqlite-sink.ts";
import { batch, testTables, tombstone, upsert } from "./contract/changes.ts";
import { readSqliteFlat } from "./contract/read-flat.ts";
import { durableContract } from "./durable-contract.ts";
import { sinkContract } from "./sink-contract.ts";

const dataDir = await mkdtemp(join(tmpdir(), "deskmirror-sqlite-"));
after(() => rm(dataDir, { recursive: true }));

let files = 0;
const newFile = (): string => join(dataDir, `place-${++files}`, "desk.db");
const open = (file: string): Promise<Sink> => openSink(`sqlite:${file}`, { dataDir });

sinkContract("the SQLite sink", async () => {
  const file = newFile();
  return { sink: await open(file), flat: async (source, view) => readSqliteFlat(file, source, view) };
});

durableContract("the SQLite sink", async () => {
  const file = newFile();
  return { url: `sqlite:${file}`, open: () => open(file) };
});

const { tickets } = testTables("acme");
const owner = { source: "acme", orgId: "org" };

test("an SQLite file can be queried by anybody: named columns, JSON as text, times as ISO text", async () => {
  const file = newFile();
  const sink = await open(file);
  await sink.prepare([tickets], owner);
  const core = { id: "1", subject: "hello" };
  await sink.write(
    batch(tickets, upsert("1", { modifiedMs: 1_800_000_000_123, core, aliveMs: 1 }), tombstone("1", 2_000)),
  );
  await sink.close();
  const db = new DatabaseSync(file, { readOnly: true });
  const row = db.prepare("select *, data ->> 'subject' as subject from acme_tickets").get();
  db.close();
  assert.equal(row?.["subject"], "hello");
  assert.equal(row?.["_modified_at"], "2027-01-15T08:00:00.123Z");
  assert.equal(row?.["_deleted_at"], "1970-01-01T00:00:02.000Z");
  assert.match(String(row?.["_synced_at"]), /^20\d\d-.*Z$/);
});

test("two sources whose table names would meet in SQLite do not share a table", async () => {
  const sink = await open(newFile());
  await sink.prepare([{ ...tickets, source: "acme", stream: "archived_tickets" }], owner);
  const other = { ...tickets, source: "acme_archived", stream: "tickets" };
  await assert.rejects(sink.prepare([other], { source: "acme_archived", orgId: "org" }), ConfigError);
  await sink.close();
});

test("a table that somebody dropped is made again, and its state with it", async () => {
  const file = newFile();
  const sink = await open(file);
  await sink.prepare([tickets], owner);
  await sink.write({ ...batch(tickets, tombstone("1", 1)), state: { watermarkMs: 5, progress: { n: 1 }, epoch: 3 } });
  const db = new DatabaseSync(file);
  db.exec("drop table acme_tickets");
  db.close();
  await assert.rejects(sink.write(batch(tickets, tombstone("1", 1))), TransientError);
  assert.deepEqual([await sink.isIntact([tickets]), await sink.isIntact([])], [false, true]);
  await sink.prepare([tickets], owner);
  assert.equal(await sink.isIntact([tickets]), true);
  assert.deepEqual((await sink.states("acme")).get("tickets"), { watermarkMs: null, progress: {}, epoch: 4 });
  await sink.close();
});

test("a file that was removed, replaced or emptied is not the one that was opened", async () => {
  const file = newFile();
  const sink = await open(file);
  await sink.prepare([tickets], owner);
  const csv = { ...owner, mode: "csv" } as const;
  await sink.prepare([], csv);
  assert.equal(await sink.isIntact([tickets]), true, "under the name of its mode");
  await rename(file, `${file}.kept`);
  assert.equal(await sink.isIntact([]), false);
  await copyFile(`${file}.kept`, file);
  assert.equal(await sink.isIntact([]), false, "the same contents in another file");
  const again = await open(file);
  assert.equal(again.identity, sink.identity);
  assert.equal(await again.isIntact([]), true);
  const db = new DatabaseSync(file);
  db.exec("update _deskmirror_identity set id = 'another'");
  assert.equal(await again.isIntact([]), false);
  db.exec("drop table _deskmirror_identity");
  assert.equal(await again.isIntact([]), false);
  db.close();
  await Promise.all([sink.close(), again.close()]);
});

test("a write waits for the lock of another process without blocking this one", async () => {
  const file = newFile();
  const sink = await open(file);
  await sink.prepare([tickets], owner);
  const db = new DatabaseSync(file);
  db.exec("begin immediate");
  let turns = 0;
  const timer = setInterval(() => (turns += 1), 5);
  const write = sink.write(batch(tickets, tombstone("1", 1)));
  setTimeout(() => db.exec("commit"), 400);
  assert.deepEqual((await write).outcomes, ["applied"]);
  clearInterval(timer);
  assert.ok(turns >= 4, `${turns} turns of the event loop`);
  db.close();
  await sink.close();
});

test("a file that is no database is refused", async () => {
  const file = newFile();
  await (await open(file)).close();
  await writeFile(file, "this is a letter, not a database ".repeat(200));
  await assert.rejects(open(file), ConfigError);
});

test("a migration that fails stops the start, names itself and leaves nothing", async () => {
  const file = newFile();
  const broken = [
    { name: "0001-good", sql: "create table good (a text)" },
    { name: "0002-broken", sql: "create table good (a text)" },
  ];
  await assert.rejects(openSqliteSink(file, broken), (error) => {
    assert.ok(error instanceof ConfigError);
    assert.match(error.message, /0002-broken/);
    return true;
  });
  const db = new DatabaseSync(file);
  assert.deepEqual(db.prepare("select name from sqlite_schema").all(), []);
  db.close();
});
