import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { tableNames } from "@deskmirror/desk-emulator";
import { startPair } from "./pair.ts";

const pair = await startPair({ tickets: 60, latencyMs: 5 });

const source = (change: object = {}): object => pair.newSource("acme", { tables: tableNames, ...change });

const refused: readonly [string, object, number, RegExp][] = [
  ["a code that was never given", { code: "1000.none.none" }, 422, /invalid_code/],
  ["a wrong client secret", { clientSecret: "wrong" }, 422, /invalid_client_secret/],
  ["an unknown table", { tables: ["invoices"] }, 422, /no table invoices/],
  ["a sink outside DATA_DIR", { sinkUrl: "sqlite:/etc/desk.db" }, 422, /DATA_DIR/],
  ["a bad name", { name: "Acme" }, 422, /name: must be a small letter/],
];
for (const [what, change, status, message] of refused) {
  test(`a source with ${what} is refused with ${status} and nothing is stored`, async () => {
    const answer = await pair.call("POST", "/sources", source(change));
    assert.equal(answer.status, status);
    const { error } = answer.body as { error: { message: string; hint: string } };
    assert.match(error.message, message);
    assert.ok(error.hint);
    assert.deepEqual((await pair.call("GET", "/sources")).body, { items: [] });
  });
}

test("every table is pulled, proven complete, live and equal", { timeout: 110_000 }, async () => {
  const created = await pair.call("POST", "/sources", source());
  assert.equal(created.status, 201, JSON.stringify(created.body));
  assert.equal(JSON.stringify(created.body).includes(pair.desk.clientSecret), false);
  assert.equal((await pair.call("POST", "/sources", source())).status, 409);
  assert.equal((await pair.call("POST", "/sources/acme/webhook")).status, 200);
  const pulled = (await pair.run("/sources/acme/pull")) as { tables: { name: string; state: string }[] };
  assert.deepEqual(pulled.tables.map(({ name }) => name).toSorted(), [...tableNames].toSorted());
  assert.ok(
    pulled.tables.every(({ state }) => state === "complete"),
    JSON.stringify(pulled),
  );
  await until("every table is live", async () => (await states()).every((state) => state === "live"));
  await assertEqual();
});

test("status says what Zoho says of the webhook", async () => {
  const { webhook } = (await status()) as { webhook: { id: string; state: string } };
  assert.equal(webhook.state, "active");
  assert.ok(webhook.id);
  await pair.call("DELETE", "/sources/acme/webhook");
  const removed = (await status()) as { webhook: { id: string | null; state: string } };
  assert.deepEqual([removed.webhook.id, removed.webhook.state], [null, "missing"]);
  assert.equal((await pair.call("POST", "/sources/acme/webhook")).status, 200);
});

test(
  "live changes end as rows, every event accounted for, and a killed sync goes on",
  { timeout: 115_000 },
  async () => {
    const workload = pair.desk.workload({ changesPerSecond: 30 });
    workload.start();
    await sleep(3_000);
    await pair.restartSync("SIGKILL");
    await sleep(2_000);
    workload.stop();
    await until(
      "all events are applied",
      async () => (await ledger())["inFlight"] === 0 && (await ledger())["accepted"]! > 20,
    );
    // Products have no events: only reconcile shows their changes, and only once the search index (2 s behind) has them.
    await sleep(3_000);
    await pair.run("/sources/acme/reconcile");
    // Zoho tells nobody of a deleted comment and of much else: what has neither event nor query is read again.
    const tables = tableNames.filter(
      (name) => name.startsWith("ticket_") || name === "archived_tickets" || name === "contracts",
    );
    await pair.run("/sources/acme/pull", { tables, restart: true });
    await sleep(8_000);
    await assertEqual();
    const { accepted, applied, superseded, filtered, deadLettered, inFlight, unaccounted } = await ledger();
    assert.equal(accepted, applied! + superseded! + filtered! + deadLettered! + inFlight!);
    assert.deepEqual([deadLettered, inFlight, unaccounted], [0, 0, 0]);
    const { breaches } = pair.desk.stats.snapshot();
    assert.deepEqual(
      Object.values(breaches).map(({ count }) => count),
      [0, 0, 0, 0, 0],
    );
  },
);

test("a removed source is gone, and unknown addresses say so", async () => {
  assert.equal((await pair.call("DELETE", "/sources/acme")).status, 200);
  assert.equal((await pair.call("GET", "/sources/acme/status")).status, 404);
  assert.equal((await pair.call("GET", "/nothing")).status, 404);
});

async function status(): Promise<unknown> {
  return (await pair.call("GET", "/sources/acme/status")).body;
}

async function states(): Promise<readonly string[]> {
  return ((await status()) as { tables: { state: string }[] }).tables.map(({ state }) => state);
}

async function ledger(): Promise<Readonly<Record<string, number>>> {
  return ((await status()) as { ledger: Readonly<Record<string, number>> }).ledger;
}

async function assertEqual(): Promise<void> {
  const verdict = (await pair.run("/sources/acme/verify")) as {
    equal: boolean;
    tables: { missing: string[]; extra: string[]; different: string[] }[];
  };
  const unlike = verdict.tables.filter(
    ({ missing, extra, different }) => [...missing, ...extra, ...different].length > 0,
  );
  assert.deepEqual(unlike, []);
  assert.equal(verdict.equal, true);
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 120; attempt++) {
    if (await holds()) return;
    await sleep(500);
  }
  assert.fail(`it did not come to pass within a minute that ${what}`);
}
