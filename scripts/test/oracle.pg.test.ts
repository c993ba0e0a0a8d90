import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { tableNames } from "@deskmirror/desk-emulator";
import pg from "pg";
import type { Verdict } from "../pair/admin-api.ts";
import { SOURCE, startCluster } from "../proof/cluster.ts";
import type { Cluster } from "../proof/cluster.ts";
import { judge } from "../proof/oracle.ts";
import { hasNoBreach } from "../proof/report.ts";
import { connectDesk, filledIn, settled, sweep } from "../proof/source.ts";

let cluster: Cluster;
before(async () => {
  cluster = await startCluster({ deskArguments: { tickets: 40 }, signal: new AbortController().signal });
});
after(() => cluster[Symbol.asyncDispose]());

/** What the oracle finds, by table. */
async function findFaults(): Promise<Readonly<Record<string, readonly string[]>>> {
  const { desk, postgres } = cluster;
  const judgements = await judge({ desk, databaseUrl: postgres.url, schema: SOURCE, tables: tableNames });
  assert.deepEqual(
    judgements.map(({ table }) => table),
    tableNames,
  );
  return Object.fromEntries(judgements.flatMap(({ table, faults }) => (faults.length > 0 ? [[table, faults]] : [])));
}

test("ingest × 2 and sync × 2 copy every table into PostgreSQL, and both judges say equal", async () => {
  await connectDesk(cluster);
  await cluster.api.run("pull");
  await filledIn(cluster);
  assert.deepEqual(await findFaults(), {});
  assert.equal(((await cluster.api.run("verify")) as Verdict).equal, true);
});

test("after live changes, doubled and shuffled, both judges say equal, and Desk saw no breach", async () => {
  const { api, desk } = cluster;
  await desk.setWebhooks({ duplicateRate: 0.2, shuffle: true });
  await desk.startWorkload(20);
  await sleep(5_000);
  await desk.stopWorkload();
  await settled(cluster);
  // More than the 2 s by which Desk's search stays behind.
  await sleep(3_000);
  await sweep(cluster);
  await filledIn(cluster);
  const { equal, tables } = (await api.run("verify")) as Verdict;
  assert.equal(equal, true, JSON.stringify(tables.filter((one) => one.missing.length + one.extra.length > 0)));
  assert.deepEqual(await findFaults(), {});
  assert.ok(hasNoBreach(await desk.stats()));
});

test("the oracle finds a row that is gone, one too many, a wrong value, a wrong time and a wrong tombstone", async () => {
  const client = new pg.Client({ connectionString: cluster.postgres.url });
  await client.connect();
  const spoil = async (table: string, sql: string): Promise<void> => {
    const one = `id = (select min(id) from ${SOURCE}.${table} where _deleted_at is null)`;
    const { rowCount } = await client.query(sql.replace("$table", `${SOURCE}.${table}`).replace("$one", one));
    assert.equal(rowCount, 1);
  };
  await spoil("contacts", "delete from $table where $one");
  await spoil("accounts", "update $table set id = 'x' || id where $one");
  await spoil("articles", `update $table set data = data || '{"title": "wrong"}' where $one`);
  await spoil("tasks", "update $table set _modified_at = _modified_at + interval '1 ms' where $one");
  await spoil("ticket_comments", "update $table set _deleted_at = now() where $one");
  await client.end();
  const faults = await findFaults();
  assert.match(faults["contacts"]!.join(), /: no row$/);
  assert.match(faults["accounts"]!.join(), /: never was in Desk$/);
  assert.match(faults["articles"]!.join(), /title is .* in Desk, "wrong" here/);
  assert.match(faults["tasks"]!.join(), /: modified /);
  assert.match(faults["ticket_comments"]!.join(), /live in Desk, deleted here/);
  assert.equal(Object.keys(faults).length, 5);
});
