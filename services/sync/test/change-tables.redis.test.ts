import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { startPair } from "./pair.ts";

const pair = await startPair({ tickets: 20, latencyMs: 2 });

interface Table {
  readonly name: string;
  readonly state: string;
  readonly message: string | null;
  readonly pull: { readonly startedAt: string } | null;
}

interface Answer {
  readonly status: number;
  readonly state: string;
  readonly tables: readonly Table[];
  readonly error?: { readonly code: string; readonly message: string; readonly hint: string };
}

async function call(method: string, path: string, body?: object): Promise<Answer> {
  const answer = await pair.call(method, `/sources${path}`, body);
  return { ...(answer.body as Answer), status: answer.status };
}

async function create(name: string, { scopes, ...change }: { scopes?: string[]; tables?: string[] } = {}) {
  const code = pair.desk.generateCode(scopes);
  const created = await call("POST", "", pair.newSource(name, { code, ...change }));
  assert.equal(created.status, 201, JSON.stringify(created));
}

const tablesOf = async (name: string): Promise<ReadonlyMap<string, Table>> =>
  new Map((await call("GET", `/${name}/status`)).tables.map((table) => [table.name, table]));

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const endMs = performance.now() + 30_000; performance.now() < endMs; await sleep(100)) {
    if (await holds()) return;
  }
  assert.fail(`it did not come to pass within 30 s that ${what}`);
}

const areLive = async (source: string, ...names: readonly string[]): Promise<boolean> => {
  const tables = await tablesOf(source);
  return names.every((name) => tables.get(name)?.state === "live");
};

/** Longer than a mirror takes to begin a pull that was asked for. */
const A_WHILE_MS = 2_500;

const OF_CONTACTS = ["Desk.contacts.READ", "Desk.search.READ", "Desk.basic.READ"];

test(
  "without tables all that the grant allows are kept, the others are disabled and name the scope",
  { timeout: 60_000 },
  async () => {
    await create("narrow", { scopes: OF_CONTACTS });
    const tables = await tablesOf("narrow");
    for (const name of ["contacts", "accounts"]) assert.equal(tables.get(name)?.state, "pending", name);
    for (const [name, scope] of [
      ["articles", "Desk.articles.READ"],
      ["tickets", "Desk.tickets.READ"],
    ] as const) {
      assert.equal(tables.get(name)?.state, "disabled", name);
      assert.ok(tables.get(name)?.message?.includes(scope), tables.get(name)?.message ?? "no message");
    }
    assert.equal(tables.has("ticket_comments"), false, "children of tickets are kept only when named");
    await call("DELETE", "/narrow");
  },
);

test("a table that a wider grant allows is pulled like the others", { timeout: 60_000 }, async () => {
  await create("widened", { scopes: OF_CONTACTS });
  await call("POST", "/widened/copy", { name: "widened_too" });
  for (const name of ["widened", "widened_too"]) await pair.run(`/sources/${name}/pull`);
  const code = pair.desk.generateCode([...OF_CONTACTS, "Desk.articles.READ"]);
  assert.equal((await call("POST", "/widened/authorize", { code })).status, 200);
  for (const name of ["widened", "widened_too"]) {
    await until(`articles of ${name} are there`, () => areLive(name, "articles"));
    await call("DELETE", `/${name}`);
  }
});

test("a change asks for a pull of no table but those it adds", { timeout: 60_000 }, async () => {
  await create("frugal", { tables: ["contacts", "tasks"] });
  await pair.run("/sources/frugal/pull", { tables: ["contacts"] });
  await call("PATCH", "/frugal", { reconcileSeconds: 60 });
  await call("PATCH", "/frugal", { tables: ["tasks", "contacts", "agents"] });
  await until("agents are there", () => areLive("frugal", "agents"));
  await sleep(A_WHILE_MS);
  assert.equal((await tablesOf("frugal")).get("tasks")?.state, "pending");
  await call("DELETE", "/frugal");
});

test("nothing is pulled for a change of a source that was never pulled", { timeout: 60_000 }, async () => {
  await create("idle", { tables: ["contacts"] });
  await call("PATCH", "/idle", { tables: ["contacts", "agents"] });
  await sleep(A_WHILE_MS);
  for (const [name, { state }] of await tablesOf("idle")) assert.equal(state, "pending", name);
  await call("DELETE", "/idle");
});

test("tables: null is the default again, and what it adds is pulled", { timeout: 60_000 }, async () => {
  await create("defaulted", { scopes: [...OF_CONTACTS, "Desk.articles.READ"], tables: ["contacts"] });
  await pair.run("/sources/defaulted/pull");
  assert.equal((await call("PATCH", "/defaulted", { tables: null })).status, 200);
  await until("articles are there", () => areLive("defaulted", "articles"));
  await call("DELETE", "/defaulted");
});

test("a table that was left out for a while is read anew", { timeout: 90_000 }, async () => {
  await create("returning", { tables: ["contacts", "agents"] });
  await pair.run("/sources/returning/pull");
  const { startedAt } = (await tablesOf("returning")).get("agents")!.pull!;
  await call("PATCH", "/returning", { tables: ["contacts"] });
  assert.equal((await tablesOf("returning")).has("agents"), false);
  await call("PATCH", "/returning", { tables: ["contacts", "agents"] });
  await until("it is read again", async () => {
    const agents = (await tablesOf("returning")).get("agents")!;
    return agents.pull?.startedAt !== startedAt && agents.state === "live";
  });
  await call("DELETE", "/returning");
});

test("tables whose place in the sink is another source's are refused with 409, and nothing is changed", async () => {
  await create("low", { tables: ["agents"] });
  await create("low_archived", { tables: ["tickets"] });
  const refused = await call("PATCH", "/low", { tables: ["archived_tickets"] });
  assert.equal(refused.status, 409, JSON.stringify(refused));
  assert.match(refused.error!.message, /low_archived_tickets is in the sink already/);
  assert.deepEqual([...(await tablesOf("low")).keys()], ["agents"]);
  for (const name of ["low", "low_archived"]) await call("DELETE", `/${name}`);
});
