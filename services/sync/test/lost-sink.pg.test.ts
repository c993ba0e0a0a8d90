import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import pg from "pg";
import { startPostgres } from "@deskmirror/testing";
import { startPair } from "./pair.ts";
import { equal, settle, statusOf, until } from "./support/status.ts";

const [server, own] = [await startPostgres(), await startPostgres()];
const pair = await startPair({ tickets: 40, latencyMs: 5 }, { env: { SINK_URL: server.url, RECONCILE_SECONDS: "15" } });
after(() => Promise.all([server.stop(), own.stop()]));

const tables = ["tickets", "contacts", "agents"];
const change = (changes: number): void =>
  pair.desk.workload({ changesPerSecond: 1, mix: { ticketUpdate: 4, contactUpdate: 1 } }).run(changes);
const pulledAt = async (): Promise<readonly string[]> =>
  (await statusOf(pair)).tables.map(({ pull }) => pull?.startedAt ?? "");

/** Runs a query on a connection of its own; gives the number of rows. */
async function run(url: string, text: string): Promise<number | null> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query(text)).rowCount;
  } finally {
    await client.end();
  }
}

/** Waits until each table was read anew since the times given, and then until both are equal. */
async function pulledUnasked(before: readonly string[], which: (name: string) => boolean = () => true): Promise<void> {
  await until("what was dropped is read anew", async () => {
    const { tables: now } = await statusOf(pair);
    return now.every(({ name, pull }, index) => which(name) === (pull?.startedAt ?? "") > before[index]!);
  });
  change(10);
  await settle(pair);
  await equal(pair);
}

before(async () => {
  const created = await pair.call("POST", "/sources", pair.newSource("acme", { tables, sinkUrl: own.url }));
  assert.equal(created.status, 201, JSON.stringify(created.body));
  await pair.call("POST", "/sources/acme/webhook");
  await pair.run("/sources/acme/pull");
  await settle(pair);
});

test("a table dropped under a running sync is pulled unasked, the others are left as they are", async () => {
  const pulled = await pulledAt();
  await run(own.url, "drop table acme.contacts cascade");
  change(20);
  await pulledUnasked(pulled, (name) => name === "contacts");
});

test("the schemas of a source's own sink dropped under a running sync: every table is pulled unasked", async () => {
  const pulled = await pulledAt();
  await run(own.url, "drop schema acme, _deskmirror cascade");
  change(20);
  await pulledUnasked(pulled);
});

test("the default sink dropped under a running sync, connections and all: no source is lost", async () => {
  const pulled = await pulledAt();
  const kill =
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()";
  await run(server.url, `drop schema _deskmirror cascade; ${kill}`);
  const isKept = "select from _deskmirror.vault where name = 'source:acme'";
  await until("the vault is filled again", async () => (await run(server.url, isKept)) === 1);
  const { items } = (await pair.call("GET", "/sources")).body as { items: { name: string }[] };
  assert.deepEqual(
    items.map(({ name }) => name),
    ["acme"],
  );
  change(10);
  await settle(pair);
  assert.deepEqual(await pulledAt(), pulled, "its own sink lost nothing");
  await equal(pair);
});
