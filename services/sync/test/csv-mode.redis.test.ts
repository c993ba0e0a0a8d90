import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { startPair } from "./pair.ts";

const pair = await startPair({ tickets: 40, latencyMs: 5 });
const db = new DatabaseSync(pair.sinkFile, { readOnly: true, timeout: 5_000 });
after(() => db.close());

const tables = ["tickets", "contacts", "teams"];

function first(text: string): Readonly<Record<string, unknown>> {
  return db.prepare(text).get() ?? {};
}

function relations(): string {
  const text =
    "select name from sqlite_schema where name like '%tickets%' and type in ('table', 'view') and name not like '\\_desk%' escape '\\' order by name";
  return db
    .prepare(text)
    .all()
    .map(({ name }) => String(name))
    .join(" ");
}

async function settled(): Promise<boolean> {
  const { body } = await pair.call("GET", "/sources/acme/status");
  const { ledger } = body as { ledger: { inFlight: number; deadLettered: number; unaccounted: number } };
  assert.deepEqual([ledger.deadLettered, ledger.unaccounted], [0, 0]);
  return ledger.inFlight === 0;
}

async function isEqual(): Promise<boolean> {
  const { equal } = (await pair.run("/sources/acme/verify")) as { equal: boolean };
  return equal;
}

test("a source in csv mode has the plain names for its flat views, custom fields and all", async () => {
  const made = await pair.call("POST", "/sources", pair.newSource("acme", { mode: "csv", tables }));
  assert.equal(made.status, 201);
  await pair.call("POST", "/sources/acme/webhook");
  await pair.run("/sources/acme/pull");
  assert.equal(relations(), "acme__tickets acme_tickets");
  for (let look = 0; look < 50 && !("cf_date_1" in first("select * from acme_tickets")); look++) await sleep(200);
  const row = first("select * from acme_tickets where cf_number_1 is not null");
  assert.deepEqual([typeof row["subject"], typeof row["cf_number_1"], "data" in row], ["string", "number", false]);
  const misfits = "select sum(_misfits) as n, count(*) as rows from acme_tickets";
  assert.equal(first(misfits)["n"], 0);
});

test(
  "the mode changes there and back while events are applied, and none is lost or set aside",
  { timeout: 110_000 },
  async () => {
    const workload = pair.desk.workload({ changesPerSecond: 40 });
    workload.start();
    for (const mode of ["document", "csv", "document"]) {
      await sleep(700);
      const changed = await pair.call("PATCH", "/sources/acme", { mode });
      assert.deepEqual([changed.status, (changed.body as { mode: string }).mode], [200, mode]);
      const names = { csv: "acme__tickets acme_tickets", document: "acme_tickets acme_tickets_flat" };
      assert.equal(relations(), names[mode as keyof typeof names]);
    }
    await sleep(700);
    workload.stop();
    await sleep(1_500);
    for (let look = 0; look < 60 && !(await settled()); look++) await sleep(500);
    assert.ok(await settled());
    await sleep(3_000); // search lags 2 s behind
    await pair.run("/sources/acme/reconcile");
    assert.ok(await isEqual());
    assert.equal(
      first("select count(*) as n from acme_tickets_flat")["n"],
      first("select count(*) as n from acme_tickets")["n"],
    );
  },
);

test("a name in the sink that is somebody else's refuses the mode with 409, and nothing changes", async () => {
  const other = new DatabaseSync(pair.sinkFile, { timeout: 5_000 });
  other.exec("create table acme__tickets (theirs text)");
  const refused = await pair.call("PATCH", "/sources/acme", { mode: "csv" });
  assert.equal(refused.status, 409);
  assert.match(JSON.stringify(refused.body), /acme__tickets is in the sink already/);
  other.exec("drop table acme__tickets");
  other.close();
  assert.equal(relations(), "acme_tickets acme_tickets_flat");
  assert.equal(((await pair.call("GET", "/sources/acme")).body as { mode: string }).mode, "document");
});
