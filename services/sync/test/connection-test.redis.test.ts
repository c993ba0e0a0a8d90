import assert from "node:assert/strict";
import { test } from "node:test";
import { startPair } from "./pair.ts";

const pair = await startPair({ tickets: 30, latencyMs: 20 });

interface Check {
  readonly name: string;
  readonly state: string;
  readonly message: string;
  readonly hint: string | null;
}

async function call(method: string, path: string, body?: object) {
  const answer = await pair.call(method, path, body);
  return { status: answer.status, body: answer.body as Readonly<Record<string, unknown>> };
}

async function create(name: string, change: object = {}): Promise<void> {
  const created = await call("POST", "/sources", pair.newSource(name, change));
  assert.equal(created.status, 201, JSON.stringify(created));
}

async function testSource(name: string): Promise<readonly Check[]> {
  const result = (await pair.run(`/sources/${name}/test`)) as { readonly checks: readonly Check[] };
  return result.checks;
}

const odd = (checks: readonly Check[]): readonly string[] =>
  checks.filter(({ state }) => state !== "ok").map(({ name, state }) => `${name} ${state}`);

test("a source is tested in a run, and what is mended passes", { timeout: 90_000 }, async () => {
  await create("acme");
  const started = await call("POST", "/sources/acme/test");
  assert.deepEqual([started.status, Object.keys(started.body)], [202, ["runId"]]);
  const run = await call("GET", `/sources/acme/runs/${String(started.body["runId"])}?wait=60`);
  assert.deepEqual([run.body["kind"], run.body["state"]], ["test", "done"]);
  const { checks } = run.body["result"] as { readonly checks: readonly Check[] };
  assert.deepEqual(odd(checks), ["service URL warn", "subscription fail"]);
  assert.equal((await call("POST", "/sources/acme/webhook")).status, 200);
  assert.deepEqual(odd(await testSource("acme")), ["service URL warn"]);
  // Another process that refreshed the token of the grant takes nothing from the mirror.
  assert.equal((await call("POST", "/sources/acme/reconcile?wait=30")).body["state"], "done");
});

test("a source without a grant is tested too; its plan is refused", { timeout: 60_000 }, async () => {
  await create("bare", { code: undefined, tables: ["agents"] });
  const checks = await testSource("bare");
  assert.equal(checks.find(({ name }) => name === "token")?.state, "fail");
  assert.equal(checks.find(({ name }) => name === "sink")?.state, "ok");
  const plan = await call("GET", "/sources/bare/plan");
  assert.deepEqual([plan.status, Object.keys(plan.body)], [409, ["error"]]);
  for (const [method, path] of [
    ["POST", "/sources/nobody/test"],
    ["GET", "/sources/nobody/plan"],
  ] as const) {
    assert.equal((await call(method, path)).status, 404);
  }
  assert.equal((await call("POST", "/sources/bare/test?wait=61")).status, 422);
});

interface Plan {
  readonly tables: readonly { name: string; rows: number | null; calls: number; credits: number; seconds: number }[];
  readonly credits: number;
  readonly seconds: number;
}

test("a plan leaves out disabled tables and says what the pull then takes", { timeout: 90_000 }, async (t) => {
  const scopes = ["Desk.basic.READ", "Desk.settings.READ", "Desk.contacts.READ", "Desk.search.READ"];
  await create("planned", { code: pair.desk.generateCode(scopes) });
  const { status, body } = await call("GET", "/sources/planned/plan");
  assert.equal(status, 200, JSON.stringify(body));
  const plan = body as unknown as Plan;
  assert.deepEqual(Object.keys(plan), ["tables", "credits", "seconds"]);
  const names = plan.tables.map(({ name }) => name);
  assert.ok(
    names.includes("contacts") && !names.includes("tickets") && !names.includes("ticket_threads"),
    names.join(),
  );
  for (const table of plan.tables) {
    assert.deepEqual(Object.keys(table), ["name", "rows", "calls", "credits", "seconds"]);
    assert.ok(table.rows !== null && table.calls > 0 && table.credits >= table.calls && table.seconds > 0);
  }
  assert.ok(plan.seconds > 0);
  const before = pair.desk.stats.snapshot().creditsSpent;
  await pair.run("/sources/planned/pull", { tables: ["contacts"] });
  for (const end = performance.now() + 20_000; (await contacts()).full < (await contacts()).rows;) {
    assert.ok(performance.now() < end, "details are filled in");
  }
  const spent = pair.desk.stats.snapshot().creditsSpent - before;
  const planned = plan.tables.find(({ name }) => name === "contacts")!;
  t.diagnostic(`planned ${planned.credits} credits, ${planned.rows} rows; spent ${spent} with a look at the webhook`);
  assert.equal(planned.rows, (await contacts()).rows);
  // Looks at the webhook, and the round of reconcile that follows, come on top.
  assert.ok(spent >= planned.credits && spent <= planned.credits + 20, `planned ${planned.credits}, spent ${spent}`);
});

async function contacts(): Promise<{ readonly rows: number; readonly full: number }> {
  const { body } = await call("GET", "/sources/planned/status");
  const tables = body["tables"] as readonly { name: string; rows: number; full: number }[];
  return tables.find(({ name }) => name === "contacts")!;
}

test("a plan is refused when the day's credits are kept for other tools", { timeout: 60_000 }, async () => {
  pair.desk.setDailyCredits(pair.desk.stats.snapshot().creditsSpent + 20);
  await call("POST", "/sources/acme/reconcile?wait=10");
  const { status, body } = await call("GET", "/sources/acme/plan");
  assert.equal(status, 409, JSON.stringify(body));
  assert.equal((body["error"] as { code: string }).code, "CREDITS");
  const checks = await testSource("acme");
  assert.match(checks.find(({ name }) => name === "scope of agents")!.message, /^Not judged: /);
});
