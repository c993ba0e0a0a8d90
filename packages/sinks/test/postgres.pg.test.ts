import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { ConfigError, FencedError, PermanentError, TransientError } from "@deskmirror/model";
import type { Sink } from "@deskmirror/model";
import { freePort, startPostgres } from "@deskmirror/testing";
import { openSink } from "../src/open-sink.ts";
import { createPool, transaction } from "../src/postgres/pool.ts";
import { openPostgresSink } from "../src/postgres/postgres-sink.ts";
import { buildDetailDue, buildRows } from "../src/postgres/read-sql.ts";
import { batch, refetch, testTables, tombstone, upsert } from "./contract/changes.ts";
import { readPostgresFlat } from "./contract/read-flat.ts";
import { durableContract } from "./durable-contract.ts";
import { sinkContract } from "./sink-contract.ts";

const server = await startPostgres();
const admin = new pg.Pool({ connectionString: server.url, max: 2 });
admin.on("error", () => {});
admin.on("connect", (client) => client.on("error", () => {}));
const databases: string[] = [];
after(async () => {
  for (const name of databases) await admin.query(`drop database ${name} with (force)`);
  await admin.end();
  await server.stop();
});

async function newDatabase(): Promise<string> {
  const name = `sinks_${process.pid}_${databases.length}`;
  databases.push(name);
  await admin.query(`create database ${name}`);
  const url = new URL(server.url);
  url.pathname = name;
  return url.href;
}

const open = (url: string): Promise<Sink> => openSink(url, { dataDir: "." });

sinkContract("the PostgreSQL sink", async () => {
  const url = await newDatabase();
  return { sink: await open(url), flat: (source, view) => readPostgresFlat(url, source, view) };
});

durableContract("the PostgreSQL sink", async () => {
  const url = await newDatabase();
  return { url, open: () => open(url) };
});

const { tickets, agents } = testTables("acme");
const owner = { source: "acme", orgId: "org" };

interface Scene {
  readonly url: string;
  readonly sink: Sink;
  /** Another connection to the same database. */
  readonly client: pg.Client;
}

/** Runs `play` with a sink that has the tables of `acme`, in a database of its own. */
async function withSink(play: (scene: Scene) => Promise<void>, parameters = ""): Promise<void> {
  const url = await newDatabase();
  const sink = await open(url + parameters);
  const client = new pg.Client(url);
  await client.connect();
  await sink.prepare([tickets, agents], owner);
  await play({ url, sink, client });
  await client.end();
  await sink.close();
}

const WAITING = "select pid from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";

/** Resolves when so many connections of the client's database wait for locks. */
async function waiting(client: pg.Client, connections: number): Promise<void> {
  for (;;) {
    await client.query("select pg_stat_clear_snapshot()"); // inside a transaction the activity is a snapshot
    const { rowCount } = await client.query(WAITING);
    if (rowCount === connections) return;
  }
}

const change = upsert("1", { modifiedMs: 1, core: { id: "1", subject: "secret value" } });
const state = { watermarkMs: 5, progress: { n: 1 }, epoch: 3 };

test("tables have the columns and types of contract section 6", () =>
  withSink(async ({ client }) => {
    const { rows } = await client.query<{ column: string }>(
      `select concat_ws(' ', column_name, data_type, collation_name, is_nullable) as column
       from information_schema.columns where table_schema = 'acme' and table_name = 'tickets' order by ordinal_position`,
    );
    assert.deepEqual(
      rows.map(({ column }) => column),
      [
        "id text C NO",
        "data jsonb YES",
        "_parent_id text YES",
        "_modified_at timestamp with time zone YES",
        "_deleted_at timestamp with time zone YES",
        "_synced_at timestamp with time zone NO",
        "_version text C NO",
        "_detail_version text C NO",
        "_life_version text C NO",
      ],
    );
  }));

test("a backend that ends in the middle of a write is transient, and takes rows and checkpoint with it", () =>
  withSink(async ({ sink, client }) => {
    await client.query("begin; select from _deskmirror.tables where stream = 'tickets' for update");
    const write = sink.write({ ...batch(tickets, change), state });
    const failed = assert.rejects(write, TransientError);
    const waiting = "select pid from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";
    let pid: number | undefined;
    while (pid === undefined) {
      pid = (await admin.query<{ pid: number }>(waiting.replace("current_database()", "$1"), [client.database])).rows[0]
        ?.pid;
    }
    await admin.query("select pg_terminate_backend($1)", [pid]);
    await failed;
    await client.query("rollback");
    assert.deepEqual(await sink.rowsByKey(tickets, ["1"]), []);
    assert.equal((await sink.states("acme")).get("tickets")?.epoch, 0);
    assert.deepEqual((await sink.write({ ...batch(tickets, change), state })).outcomes, ["applied"]);
  }));

test("writers that raise the doubts which others settle do not wait for each other in a circle", () =>
  withSink(async ({ sink, client }) => {
    await sink.write(batch(tickets, refetch("a"), refetch("b")));
    await client.query("begin; select from _deskmirror.doubts where key = 'b' for update");
    const first = sink.write(batch(tickets, refetch("b"), tombstone("a", 9, "get")));
    await waiting(client, 1);
    const second = sink.write(batch(tickets, refetch("a"), tombstone("b", 9, "get")));
    await waiting(client, 2);
    await client.query("commit");
    await Promise.all([first, second]);
    assert.equal((await sink.doubts("acme", 9)).length, 1);
  }));

test("a connection that ends between two statements of a transaction is an error of the next, and ends nothing else", () =>
  withSink(async ({ url, client }) => {
    const pool = createPool(url);
    await assert.rejects(
      transaction(pool, async (inside) => {
        const { rows } = await inside.query<{ readonly pid: number }>("select pg_backend_pid() as pid");
        await client.query("select pg_terminate_backend($1)", [rows[0]!.pid]);
        // The server's last word comes while nothing is asked.
        await sleep(300);
        await inside.query("select 1");
      }),
    );
    await pool.end();
  }));

test("idle connections that end do no harm", () =>
  withSink(async ({ sink, client }) => {
    const others = "pid <> pg_backend_pid() and datname = current_database()";
    await client.query(`select pg_terminate_backend(pid) from pg_stat_activity where ${others}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.deepEqual((await sink.write(batch(tickets, change))).outcomes, ["applied"]);
  }));

test("a lock that does not come in time is transient", () =>
  withSink(async ({ sink, client }) => {
    await client.query("begin; lock table acme.tickets in access exclusive mode");
    await assert.rejects(sink.write(batch(tickets, change)), (error) => {
      assert.ok(error instanceof TransientError);
      assert.equal(error.code, "55P03");
      return true;
    });
    await client.query("rollback");
  }, "?lock_timeout=100"));

test("a statement that takes too long is transient", () =>
  withSink(async ({ sink, client }) => {
    await client.query("begin; lock table acme.tickets in access exclusive mode");
    await assert.rejects(sink.count(tickets), TransientError);
    await client.query("rollback");
  }, "?statement_timeout=100"));

test("what a constraint refuses is permanent and told without values; a dropped table is transient", () =>
  withSink(async ({ sink, client }) => {
    await client.query(
      "alter table acme.tickets add constraint no_secrets check (data ->> 'subject' <> 'secret value')",
    );
    const other = upsert("2", { modifiedMs: 1, core: { id: "2", subject: "fine" } });
    await assert.rejects(sink.write(batch(tickets, other, change)), (error) => {
      assert.ok(error instanceof PermanentError);
      assert.equal(error.code, "23514");
      assert.match(error.message, /no_secrets/);
      assert.ok(!JSON.stringify([error.message, error.stack, error.cause]).includes("secret value"));
      return true;
    });
    assert.deepEqual((await sink.write(batch(tickets, other))).outcomes, ["applied"]);
    await client.query("drop table acme.tickets");
    await assert.rejects(sink.write(batch(tickets, other)), TransientError);
  }));

test("a table that somebody dropped is made again, and its state with it", () =>
  withSink(async ({ sink, client }) => {
    await sink.write({ ...batch(tickets, tombstone("1", 1)), state });
    await client.query("drop table acme.tickets");
    assert.deepEqual([await sink.isIntact([tickets]), await sink.isIntact([agents])], [false, true]);
    await assert.rejects(sink.write({ ...batch(tickets), state: { ...state, epoch: 2 } }), FencedError);
    await sink.prepare([tickets, agents], owner);
    await assert.rejects(sink.write({ ...batch(tickets), state }), FencedError);
    assert.deepEqual((await sink.states("acme")).get("tickets"), { watermarkMs: null, progress: {}, epoch: 4 });
    assert.equal((await sink.count(tickets)).deleted, 0);
  }));

test("a database that was dropped and made again is not the one that was opened, and takes no state meant for that", () =>
  withSink(async ({ url, sink, client }) => {
    await sink.prepare([], { ...owner, mode: "csv" });
    assert.equal(await sink.isIntact([tickets, agents]), true, "under the names of its mode");
    await sink.write({ ...batch(tickets), state });
    await client.query("drop schema acme, _deskmirror cascade");
    assert.equal(await sink.isIntact([]), false);
    const again = await open(url);
    await again.prepare([tickets, agents], owner);
    assert.notEqual(again.identity, sink.identity);
    assert.deepEqual([await sink.isIntact([]), await again.isIntact([tickets])], [false, true]);
    await sink.prepare([], owner); // so that the old one looks where the new tables are
    await assert.rejects(sink.write({ ...batch(tickets), state: { ...state, epoch: 9 } }), FencedError);
    assert.equal((await again.states("acme")).get("tickets")?.epoch, 0);
    await again.close();
  }));

test("a schema's table that we did not make is left alone", () =>
  withSink(async ({ sink, client }) => {
    await client.query("create schema shop; create table shop.tickets (price numeric)");
    const theirs = { ...tickets, source: "shop" };
    await assert.rejects(sink.prepare([theirs], { source: "shop", orgId: "org" }), ConfigError);
    assert.equal((await sink.states("shop")).size, 0);
  }));

test("what is due, tombstones and children are found by an index", () =>
  withSink(async ({ client }) => {
    await client.query("set enable_seqscan = off; set enable_sort = off");
    const placed = { ...tickets, mode: "document" } as const;
    const plans = [
      [buildDetailDue(placed, 10), /tickets_due/],
      [buildDetailDue({ ...agents, mode: "document" }, 10), /agents_due/],
      [buildRows(placed, { deletedAfterMs: 0, limit: 10 }), /tickets_deleted/],
      [buildRows(placed, { parentId: "p", after: "1", limit: 10 }), /tickets_parent/],
      [buildRows(placed, { after: "1", limit: 10 }), /tickets_pkey/],
    ] as const;
    for (const [{ text, values }, index] of plans) {
      const { rows } = await client.query<{ "QUERY PLAN": string }>(`explain ${text}`, values);
      assert.match(rows.map((row) => row["QUERY PLAN"]).join("\n"), index);
    }
  }));

test("a migration that fails stops the start, names itself and leaves nothing", async () => {
  const url = await newDatabase();
  const broken = [
    { name: "0001-good", sql: "create table _deskmirror.good (a text)" },
    { name: "0002-broken", sql: "create table _deskmirror.good (a text)" },
  ];
  await assert.rejects(openPostgresSink(url, broken), (error) => {
    assert.ok(error instanceof ConfigError);
    assert.match(error.message, /0002-broken.*42P07/);
    return true;
  });
  await (await open(url)).close();
  await assert.rejects(openPostgresSink(url, []), /newer release/);
});

test("a connection that is refused is a mistake in the settings, told without the password", async () => {
  const wrong = (change: (url: URL) => void): string => {
    const url = new URL(server.url);
    change(url);
    return url.href;
  };
  const refused = [
    [wrong((url) => (url.password = "wr0ng-pass")), /refused the password/],
    [wrong((url) => (url.password = "")), /password/],
    [wrong((url) => (url.pathname = "nowhere")), /does not exist/],
  ] as const;
  for (const [url, message] of refused) {
    await assert.rejects(open(url), (error) => {
      assert.ok(error instanceof ConfigError, String(error));
      assert.match(error.message, message);
      assert.ok(!error.message.includes("wr0ng-pass"));
      return true;
    });
  }
  const port = await freePort();
  const silent = wrong((url) => void ([url.port, url.password] = [String(port), "wr0ng-pass"]));
  await assert.rejects(open(silent), (error) => {
    assert.ok(error instanceof TransientError);
    assert.ok(!JSON.stringify([error.message, error.cause]).includes("wr0ng-pass"));
    return true;
  });
});
