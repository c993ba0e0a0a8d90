import assert from "node:assert/strict";
import { before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { startPair } from "./pair.ts";
import { assertError } from "./support/api-client.ts";

const pair = await startPair({ tickets: 400, latencyMs: 2 });

interface Items {
  readonly items: readonly { readonly table: string; readonly count: number; readonly ids: readonly string[] }[];
}
interface Status {
  readonly tables: readonly {
    readonly name: string;
    readonly state: string;
    readonly rows: number;
    readonly full: number;
    readonly deleted: number;
    readonly message: string | null;
  }[];
}

const held = async (): Promise<Items["items"]> =>
  ((await pair.call("GET", "/sources/acme/deletes")).body as Items).items;
const contacts = async () =>
  ((await pair.call("GET", "/sources/acme/status")).body as Status).tables.find(({ name }) => name === "contacts")!;
const verified = async (): Promise<boolean> =>
  ((await pair.run("/sources/acme/verify", { tables: ["contacts"] })) as { readonly equal: boolean }).equal;
const readAgain = (): Promise<unknown> => pair.run("/sources/acme/pull", { tables: ["contacts"], restart: true });

/** Erases half of the contacts for good; nobody tells. Gives their ids. */
function purgeHalf(): readonly string[] {
  const alive = [...pair.desk.store.records("contacts")].filter(({ deleted }) => !deleted);
  const ids = alive.filter((_, index) => index % 2 === 0).map(({ key }) => key);
  for (const id of ids) pair.desk.store.purge("contacts", id);
  // The search shows it only then.
  pair.desk.clock.advance(10 * 60_000);
  return ids;
}

before(async () => {
  await pair.call("POST", "/sources", pair.newSource("acme", { tables: ["contacts", "calls"] }));
  await pair.run("/sources/acme/pull");
  // A record whose detail is still to come is asked for anyway, and so found out.
  for (let look = 0; look < 60 && (await contacts()).full < (await contacts()).rows; look++) await sleep(500);
});

test("a purge of half a table is held for a person, and written once it is confirmed", async () => {
  assert.deepEqual(await held(), []);
  const { rows } = await contacts();
  const gone = purgeHalf();
  await readAgain();
  const first = await contacts();
  assert.equal(first.state, "incomplete");
  assert.match(first.message!, new RegExp(`lacks ${gone.length} of the ${rows} rows`));
  assert.deepEqual(await held(), []);
  await readAgain();
  const [item, ...others] = await held();
  assert.deepEqual(others, []);
  assert.deepEqual([item?.table, item?.count], ["contacts", gone.length]);
  assert.deepEqual(item?.ids, gone.toSorted().slice(0, 20));
  const second = await contacts();
  assert.deepEqual([second.state, second.rows, second.deleted], ["incomplete", rows, 0]);
  assert.match(
    second.message!,
    new RegExp(`${gone.length} rows are listed no more and are held: look at GET …/deletes`),
  );

  const confirmed = await pair.call("POST", "/sources/acme/deletes/confirm", { table: "contacts" });
  assert.deepEqual([confirmed.status, confirmed.body], [200, { table: "contacts", count: gone.length }]);
  assert.deepEqual(await held(), []);
  for (let look = 0; look < 60 && (await contacts()).deleted < gone.length; look++) await sleep(500);
  assert.equal((await contacts()).deleted, gone.length);
  assert.ok(await verified());
});

test("a purge that is refused leaves the rows", async () => {
  const { rows } = await contacts();
  const gone = purgeHalf();
  await readAgain();
  await readAgain();
  const refused = await pair.call("POST", "/sources/acme/deletes/refuse", { table: "contacts" });
  assert.deepEqual([refused.status, refused.body], [200, { table: "contacts", count: gone.length }]);
  // A round of reconcile follows every listing.
  for (let look = 0; look < 60 && (await contacts()).state !== "live"; look++) await sleep(500);
  const { state, rows: kept } = await contacts();
  assert.deepEqual([state, kept], ["live", rows]);
});

for (const verb of ["confirm", "refuse"]) {
  test(`${verb} needs the name of a table of which deletes are held, and a source`, async () => {
    const path = `/sources/acme/deletes/${verb}`;
    assertError(await pair.call("POST", path, {}), 422, /table: must be the name of a table/);
    assertError(await pair.call("POST", path, { table: 7 }), 422, /table: must be the name of a table/);
    assertError(await pair.call("POST", path, { table: "calls" }), 409, /No deletes of calls are held/);
    assertError(await pair.call("POST", path, { table: "nothing" }), 409, /No deletes of nothing are held/);
    assertError(await pair.call("POST", `/sources/nobody/deletes/${verb}`, { table: "calls" }), 404, /nobody/);
    await pair.call("POST", "/sources/acme/pause");
    assertError(await pair.call("POST", path, { table: "contacts" }), 409, /paused/);
    await pair.call("POST", "/sources/acme/resume");
  });
}
