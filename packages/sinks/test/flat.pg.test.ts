import assert from "node:assert/strict";
import { after, test } from "node:test";
import pg from "pg";
import { ConfigError, TransientError } from "@deskmirror/model";
import type { Column, Sink } from "@deskmirror/model";
import { startPostgres } from "@deskmirror/testing";
import { openSink } from "../src/open-sink.ts";
import { batch, testTables, upsert } from "./contract/changes.ts";

const server = await startPostgres();
const admin = new pg.Client(server.url);
await admin.connect();
const databases: string[] = [];
after(async () => {
  for (const name of databases) await admin.query(`drop database ${name} with (force)`);
  await admin.end();
  await server.stop();
});

const { tickets, teams } = testTables("acme");
const owner = { source: "acme", orgId: "org" };
const subject: Column = { path: ["subject"], type: "text" };
const count: Column = { path: ["count"], type: "integer" };
const note: Column = { path: ["note"], type: "text" };
const change = upsert("1", { modifiedMs: 1, core: { id: "1", subject: "s" }, detail: { count: "5", note: "7" } });

interface Scene {
  readonly url: string;
  readonly sink: Sink;
  /** Another user of the database. */
  readonly client: pg.Client;
}

async function withSink(play: (scene: Scene) => Promise<void>): Promise<void> {
  const name = `flat_${process.pid}_${databases.length}`;
  databases.push(name);
  await admin.query(`create database ${name}`);
  const url = new URL(server.url);
  url.pathname = name;
  const sink = await openSink(url.href, { dataDir: "." });
  const client = new pg.Client(url.href);
  await client.connect();
  await sink.prepare([tickets, teams], owner);
  await sink.write(batch(tickets, change));
  await play({ url: url.href, sink, client });
  await client.end();
  await sink.close();
}

async function columnsOf(client: pg.Client, view: string): Promise<readonly string[]> {
  const { rows } = await client.query<{ it: string }>(
    `select column_name || ' ' || data_type as it from information_schema.columns
     where table_schema = 'acme' and table_name = $1 order by ordinal_position`,
    [view],
  );
  return rows.map(({ it }) => it);
}

const own = [
  "id text",
  "_parent_id text",
  "_modified_at timestamp with time zone",
  "_deleted_at timestamp with time zone",
  "_synced_at timestamp with time zone",
  "_misfits integer",
];

const firstOf = async (client: pg.Client, text: string): Promise<unknown> =>
  Object.values((await client.query<Record<string, unknown>>(text)).rows[0] ?? {})[0];

test("each type of field is a type of PostgreSQL", () =>
  withSink(async ({ sink, client }) => {
    const types = ["text", "integer", "number", "boolean", "date", "time"] as const;
    await sink.shape(
      tickets,
      types.map((type) => ({ path: [`a_${type}`], type })),
    );
    assert.deepEqual(await columnsOf(client, "tickets_flat"), [
      ...own,
      "a_text text",
      "a_integer bigint",
      "a_number numeric",
      "a_boolean boolean",
      "a_date date",
      "a_time timestamp with time zone",
    ]);
  }));

test("a view that somebody built holds what goes or changes its type, not what is new, and nothing for good", () =>
  withSink(async ({ sink, client }) => {
    await sink.shape(tickets, [subject, count]);
    await client.query("create view acme.mine as select id, subject, count from acme.tickets_flat");
    const wanted: readonly Column[] = [note, { ...count, type: "text" }];
    for (const turn of ["first", "again"]) {
      assert.deepEqual(await sink.shape(tickets, wanted), ["subject", "count"], turn);
      assert.deepEqual(await columnsOf(client, "tickets_flat"), [...own, "subject text", "count bigint", "note text"]);
      assert.equal(await firstOf(client, "select count from acme.mine"), "5");
    }
    await client.query("drop view acme.mine");
    assert.deepEqual(await sink.shape(tickets, wanted), []);
    assert.deepEqual(await columnsOf(client, "tickets_flat"), [...own, "note text", "count text"]);
  }));

test("views that somebody built on a table or a flat view show the same through every change of mode", () =>
  withSink(async ({ sink, client }) => {
    await sink.shape(tickets, [subject, count]);
    await client.query("create view acme.on_table as select data ->> 'subject' as it from acme.tickets");
    await client.query("create materialized view acme.on_view as select count as it from acme.tickets_flat");
    for (const mode of ["csv", "document", "csv"] as const) {
      await sink.prepare([], { ...owner, mode });
      await client.query("refresh materialized view acme.on_view");
      assert.equal(await firstOf(client, "select it from acme.on_table"), "s");
      assert.equal(await firstOf(client, "select it from acme.on_view"), "5");
    }
    assert.deepEqual(await columnsOf(client, "tickets"), [...own, "subject text", "count bigint"]);
  }));

test("rights that people were given on a flat view outlive its change", () =>
  withSink(async ({ sink, client }) => {
    const reader = `reader_${process.pid}`;
    await client.query(`create role ${reader}`);
    await sink.shape(tickets, [subject, count]);
    await client.query(`grant usage on schema acme to ${reader}`);
    await client.query(`grant select on acme.tickets_flat to ${reader} with grant option`);
    await client.query("grant select on acme.tickets_flat to public");
    const rights = "select array_to_string(relacl, ' ') from pg_class where relname = 'tickets_flat'";
    const before = await firstOf(client, rights);
    await sink.shape(tickets, [count]);
    assert.equal(await firstOf(client, rights), before);
    await client.query(`set role ${reader}`);
    assert.equal(await firstOf(client, "select count from acme.tickets_flat"), "5", "its functions may be called");
    await client.query("reset role");
    await client.query(`drop owned by ${reader}; drop role ${reader}`);
  }));

test("readers of the flat view find all rows and columns at every moment of a change of mode and columns", () =>
  withSink(async ({ sink, client, url }) => {
    await sink.shape(tickets, [subject, count]);
    const over = new AbortController();
    let reads = 0;
    const reading = (async () => {
      const other = new pg.Client(url);
      await other.connect();
      const names =
        "select relname from pg_class where relnamespace = 'acme'::regnamespace and relname ~ 'tickets(_flat)?$' and relkind in ('r', 'v') order by relname";
      for (; !over.signal.aborted; reads++) {
        const found = (await other.query<{ relname: string }>(names)).rows.map(({ relname }) => relname).join(" ");
        assert.ok(["tickets tickets_flat", "_tickets tickets"].includes(found), found);
      }
      await other.end();
    })();
    for (let turn = 0; turn < 10; turn++) {
      await sink.prepare([], { ...owner, mode: turn % 2 === 0 ? "csv" : "document" });
      await sink.shape(tickets, turn % 3 === 0 ? [subject, count, note] : [count]);
      const view = turn % 2 === 0 ? "tickets" : "tickets_flat";
      assert.equal(await firstOf(client, `select count from acme.${view}`), "5");
    }
    over.abort();
    await reading;
    assert.ok(reads > 10, `${reads} reads`);
  }));

test("somebody who reads for long makes a change of mode wait, then fail for now, with nothing renamed", () =>
  withSink(async ({ sink, client }) => {
    await sink.shape(teams, [subject]);
    await client.query("begin; select from acme.tickets");
    await assert.rejects(sink.prepare([], { ...owner, mode: "csv" }), (error) => {
      assert.ok(error instanceof TransientError);
      assert.equal(error.code, "55P03");
      return true;
    });
    assert.deepEqual((await sink.write(batch(teams, change))).outcomes, ["applied"]);
    assert.equal(await firstOf(client, "select count(*) from acme.teams_flat"), "1");
    await client.query("commit");
    await sink.prepare([], { ...owner, mode: "csv" });
    assert.equal(await firstOf(client, "select count(*) from acme.teams"), "1");
  }));

test("a name that is taken stops a change of mode before anything is renamed", () =>
  withSink(async ({ sink, client }) => {
    await sink.shape(tickets, [subject]);
    await client.query("create table acme._tickets (theirs text)");
    await assert.rejects(sink.prepare([], { ...owner, mode: "csv" }), (error) => {
      assert.ok(error instanceof ConfigError);
      assert.match(error.message, /acme\._tickets is in the sink already/);
      return true;
    });
    assert.equal(await firstOf(client, "select subject from acme.tickets_flat"), "s");
    assert.deepEqual((await sink.write(batch(tickets, change))).outcomes, ["applied"]);
  }));

test("a view's name that is somebody else's is left to them", () =>
  withSink(async ({ sink, client }) => {
    await client.query("create view acme.tickets_flat as select 'theirs' as whose");
    await assert.rejects(sink.shape(tickets, [subject]), ConfigError);
    await sink.prepare([tickets], { ...owner, mode: "csv" });
    assert.equal(await firstOf(client, "select whose from acme.tickets_flat"), "theirs");
    await sink.shape(tickets, [subject]);
    assert.equal(await firstOf(client, "select subject from acme.tickets"), "s");
  }));

test("a table that somebody dropped with its flat view is made again, view and all", () =>
  withSink(async ({ sink, client }) => {
    await sink.shape(tickets, [subject, count]);
    await client.query("drop table acme.tickets cascade");
    await sink.prepare([tickets, teams], owner);
    assert.deepEqual(await columnsOf(client, "tickets_flat"), [...own, "subject text", "count bigint"]);
    await client.query("drop view acme.tickets_flat");
    await sink.shape(tickets, [subject]);
    assert.deepEqual(await columnsOf(client, "tickets_flat"), [...own, "subject text"]);
  }));

test("nothing is written where the columns are the same", () =>
  withSink(async ({ sink, client }) => {
    const version = "select xmin::text || relfilenode || oid from pg_class where relname = 'tickets_flat'";
    await sink.shape(tickets, [subject, count]);
    const before = await firstOf(client, version);
    await sink.shape(tickets, [subject, count]);
    await sink.shape(tickets, [count, subject]);
    assert.equal(await firstOf(client, version), before);
  }));
