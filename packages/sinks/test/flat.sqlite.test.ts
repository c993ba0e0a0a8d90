import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import { ConfigError } from "@deskmirror/model";
import type { Sink } from "@deskmirror/model";
import { openSink } from "../src/open-sink.ts";
import { batch, testTables, upsert } from "./contract/changes.ts";

const dataDir = await mkdtemp(join(tmpdir(), "deskmirror-flat-"));
after(() => rm(dataDir, { recursive: true }));

const { tickets, teams } = testTables("acme");
const owner = { source: "acme", orgId: "org" };
const columns = [
  { path: ["subject"], type: "text" },
  { path: ["count"], type: "integer" },
] as const;
const change = upsert("1", { modifiedMs: 1, core: { id: "1", subject: "s" }, detail: { count: "5" } });

interface Scene {
  readonly sink: Sink;
  /** Another program that has the file open. */
  readonly db: DatabaseSync;
}

let files = 0;

async function withSink(play: (scene: Scene) => Promise<void>): Promise<void> {
  const file = join(dataDir, `${++files}.db`);
  const sink = await openSink(`sqlite:${file}`, { dataDir });
  const db = new DatabaseSync(file);
  await sink.prepare([tickets, teams], owner);
  await play({ sink, db });
  db.close();
  await sink.close();
}

/** Of this process, since others may have the machine. */
async function measureCpuMs(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

const names = (db: DatabaseSync): readonly string[] =>
  db
    .prepare(
      "select type || ' ' || name as it from sqlite_schema where name like 'acme\\_%' escape '\\' and type in ('table', 'view') order by it",
    )
    .all()
    .map(({ it }) => String(it));

test("plain names are the tables in document mode, and the flat views in csv mode", () =>
  withSink(async ({ sink, db }) => {
    await sink.shape(tickets, columns);
    assert.deepEqual(names(db), ["table acme_teams", "table acme_tickets", "view acme_tickets_flat"]);
    await sink.prepare([], { ...owner, mode: "csv" });
    assert.deepEqual(names(db), ["table acme__teams", "table acme__tickets", "view acme_tickets"]);
    await sink.prepare([], { ...owner, mode: "document" });
    assert.deepEqual(names(db), ["table acme_teams", "table acme_tickets", "view acme_tickets_flat"]);
  }));

test("a view that somebody built stops neither a change of columns nor of mode, and follows the name it reads", () =>
  withSink(async ({ sink, db }) => {
    await sink.write(batch(tickets, change));
    await sink.shape(tickets, columns);
    db.exec("create view mine as select id, count from acme_tickets_flat");
    await sink.shape(tickets, [columns[0]]);
    assert.throws(() => db.prepare("select * from mine").all(), /no such column: count/);
    await sink.prepare([], { ...owner, mode: "csv" });
    assert.throws(() => db.prepare("select * from mine").all(), /no such table/);
    await sink.prepare([], { ...owner, mode: "document" });
    await sink.shape(tickets, columns);
    assert.equal(db.prepare("select count from mine").get()?.["count"], 5);
  }));

test("a change of mode of thirty tables stops everything else about as long as making their views does", () =>
  withSink(async ({ sink }) => {
    const many = Array.from({ length: 30 }, (_, index) => ({ ...tickets, stream: `stream_${index}` }));
    const wide = Array.from({ length: 40 }, (_, index) => ({ path: [`field${index}`], type: "number" as const }));
    await sink.prepare(many, owner);
    const making = await measureCpuMs(async () => {
      for (const table of many) await sink.shape(table, wide);
    });
    const switching = await measureCpuMs(() => sink.prepare([], { ...owner, mode: "csv" }));
    assert.ok(switching < 3 * making, `${switching} ms against ${making} ms`);
  }));

test("a name that is taken stops a change of mode before anything is renamed", () =>
  withSink(async ({ sink, db }) => {
    await sink.shape(tickets, columns);
    db.exec("create table acme__tickets (theirs)");
    const before = names(db);
    await assert.rejects(sink.prepare([], { ...owner, mode: "csv" }), (error) => {
      assert.ok(error instanceof ConfigError);
      assert.match(error.message, /acme__tickets is in the sink already/);
      return true;
    });
    assert.deepEqual(names(db), before);
    assert.deepEqual((await sink.write(batch(tickets, change))).outcomes, ["applied"]);
  }));

test("a view's name that is somebody else's is left to them", () =>
  withSink(async ({ sink, db }) => {
    db.exec("create view acme_tickets_flat as select 'theirs' as whose");
    await assert.rejects(sink.shape(tickets, columns), ConfigError);
    assert.equal(db.prepare("select whose from acme_tickets_flat").get()?.["whose"], "theirs");
    await assert.rejects(
      sink.prepare([{ ...tickets, source: "acme_", stream: "tickets" }], { source: "acme", orgId: "org" }),
    );
  }));

test("a source whose names another one has, or would have in the other mode, gets no tables", () =>
  withSink(async ({ sink, db }) => {
    const before = names(db);
    const other = { source: "acme_", orgId: "org" };
    await assert.rejects(sink.prepare([{ ...tickets, source: "acme_" }], other), ConfigError);
    assert.deepEqual(names(db), before);
    await sink.prepare([], { ...owner, mode: "csv" });
    await assert.rejects(sink.prepare([{ ...tickets, source: "acme_" }], other), ConfigError);
  }));

test("a flat view or table that somebody dropped is made again", () =>
  withSink(async ({ sink, db }) => {
    await sink.shape(tickets, columns);
    db.exec("drop view acme_tickets_flat");
    await sink.shape(tickets, columns);
    db.exec("drop view acme_tickets_flat; drop table acme_tickets");
    await sink.prepare([tickets], owner);
    assert.deepEqual(names(db), ["table acme_teams", "table acme_tickets", "view acme_tickets_flat"]);
  }));
