import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import pg from "pg";
import { freePort, startPostgres } from "@deskmirror/testing";
import type { TestPostgres } from "@deskmirror/testing";
import { openConnection } from "./support/connection.ts";

let server: TestPostgres;
let admin: pg.Client;
before(async () => {
  server = await startPostgres();
  admin = new pg.Client(server.url);
  await admin.connect();
});
after(async () => {
  await admin.query("drop owned by reader cascade; drop role reader").catch(() => {});
  await admin.end();
  await server.stop();
});

/** The server's URL with another user, parameter or the like. */
function urlWith(change: (url: URL) => void): string {
  const url = new URL(server.url);
  change(url);
  return url.href;
}

test("a PostgreSQL sink is well, read-only, not writable, out of reach or taken", { timeout: 60_000 }, async (t) => {
  const { test: run } = await openConnection(t);
  const sinkOf = async (sinkUrl: string) => {
    const checks = await run({ sinkUrl });
    assert.equal(checks.get("token")!.state, "ok");
    return checks.get("sink")!;
  };

  const nowhere = await sinkOf(`postgres://u:hush@127.0.0.1:${await freePort()}/db`);
  assert.equal(nowhere.state, "fail");
  assert.match(nowhere.message, /out of reach \(ECONNREFUSED\)/);
  assert.doesNotMatch(JSON.stringify(nowhere), /hush/);

  assert.deepEqual(await sinkOf(server.url), { name: "sink", state: "ok", message: "May be written.", hint: null });

  const readOnly = await sinkOf(
    urlWith((url) => url.searchParams.set("options", "-c default_transaction_read_only=on")),
  );
  assert.equal(readOnly.state, "fail");
  assert.match(readOnly.message, /25006/);

  await admin.query("create role reader login password 'reader'");
  await admin.query(
    "grant usage on schema _deskmirror to reader; grant select on all tables in schema _deskmirror to reader",
  );
  const notWritable = await sinkOf(
    urlWith((url) => {
      url.username = "reader";
      url.password = "reader";
    }),
  );
  assert.equal(notWritable.state, "fail");
  assert.match(`${notWritable.message} ${notWritable.hint}`, /42501/);

  const noDatabase = await sinkOf(urlWith((url) => (url.pathname = "/nowhere")));
  assert.equal(noDatabase.state, "fail");
  assert.match(noDatabase.message, /does not exist: create it/);

  await admin.query("drop table acme.agents; delete from _deskmirror.tables where stream = 'agents'");
  await admin.query("create table acme.agents (id text)");
  const taken = await sinkOf(server.url);
  assert.equal(taken.state, "fail");
  assert.match(
    `${taken.message} ${taken.hint}`,
    /acme.agents is in the sink already and belongs to somebody else.*PATCH sinkUrl/,
  );
});
