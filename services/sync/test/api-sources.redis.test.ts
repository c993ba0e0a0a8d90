import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { startPair } from "./pair.ts";

const pair = await startPair({ tickets: 20, latencyMs: 5 });

interface Table {
  readonly name: string;
  readonly state: string;
  readonly rows?: number;
}

interface Answer {
  readonly state: string;
  readonly message: string | null;
  readonly tables: readonly Table[];
  readonly serviceUrl: string;
  readonly runId: string;
  readonly result: { readonly tables: readonly Table[] };
  readonly error?: { readonly code: string; readonly message: string; readonly hint: string };
}

async function call(method: string, path: string, body?: object): Promise<Answer & { readonly status: number }> {
  const answer = await pair.call(method, path, body);
  return { ...(answer.body as Answer), status: answer.status };
}

const body = (name: string, change: object = {}): object => pair.newSource(name, { tables: ["agents"], ...change });

async function create(name: string, change: object = {}): Promise<Answer> {
  const created = await call("POST", "/sources", body(name, change));
  assert.equal(created.status, 201, JSON.stringify(created));
  return created;
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const endMs = performance.now() + 20_000; performance.now() < endMs; await sleep(100)) {
    if (await holds()) return;
  }
  assert.fail(`it did not come to pass within 20 s that ${what}`);
}

const requests = (): Readonly<Record<string, number>> => pair.desk.stats.snapshot().requests;

test(
  "A16: a new source tells a forged signature within seconds, since ingest gets Zoho's keys",
  { timeout: 30_000 },
  async () => {
    const { serviceUrl } = await create("signed", { signature: "require" });
    const jwks = await (await fetch(`${pair.desk.url}/.well-known/jwks.json`)).json();
    const [{ kid, alg }] = (jwks as { keys: [{ kid: string; alg: string }] }).keys;
    const toPart = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
    // Only the key itself shows that the signature is not Zoho's.
    const token = `${toPart({ kid, alg })}.${toPart({ exp: Date.now() })}.${"A".repeat(342)}`;
    const forged = { method: "POST", body: "[{}]", headers: { "x-zdesk-jwt": token } };
    await until("it is answered 401", async () => (await fetch(serviceUrl, forged)).status === 401);
    await call("DELETE", "/sources/signed");
  },
);

test("a code that could not be sent is as good as before, one whose answer was lost is not", async () => {
  const unsent = await call("POST", "/sources", body("unsent", { accountsUrl: "http://127.0.0.1:9" }));
  assert.deepEqual([unsent.status, unsent.error?.code], [503, "ZOHO_UNREACHABLE"]);
  assert.match(unsent.error!.hint, /Nothing was sent.*the same code/);
  pair.desk.faults.add({ kind: "dropAfter", match: "POST /oauth" });
  const unclear = await call("POST", "/sources", body("unclear"));
  assert.deepEqual([unclear.status, unclear.error?.code], [503, "CODE_UNCLEAR"]);
  assert.match(unclear.error!.hint, /generate a new code/);
  for (const name of ["unsent", "unclear"]) assert.equal((await call("GET", `/sources/${name}`)).status, 404);
});

describe("a name whose tables are taken", () => {
  test("A21: is refused with 409, in both directions, and nothing is stored", async () => {
    await create("zz", { tables: ["archived_tickets"] });
    const taken = await call("POST", "/sources", body("zz_archived", { tables: ["tickets"] }));
    assert.equal(taken.status, 409, JSON.stringify(taken));
    assert.match(taken.error!.message, /zz_archived_tickets is in the sink already/);
    assert.match(taken.error!.hint, /another name.*generate a new one/);
    await create("low_archived", { tables: ["tickets"] });
    assert.equal((await call("POST", "/sources", body("low", { tables: ["archived_tickets"] }))).status, 409);
    const { body: list } = await pair.call("GET", "/sources");
    assert.deepEqual(
      (list as { items: { name: string }[] }).items.map(({ name }) => name),
      ["low_archived", "zz"],
    );
    assert.equal(requests()["POST /oauth/v2/token/revoke"], 2, "the grants that came to nothing are given back");
    for (const name of ["zz", "low_archived"]) assert.equal((await call("DELETE", `/sources/${name}`)).status, 200);
  });

  test("A22: is refused with 409 when another organization had it, before a code is used", async () => {
    const code = pair.desk.generateCode();
    const other = await call("POST", "/sources", body("zz", { orgId: "1", tables: ["archived_tickets"], code }));
    assert.equal(other.status, 409, JSON.stringify(other));
    assert.match(other.error!.message, /hold another organization/);
    await create("zz", { tables: ["archived_tickets"], code });
    await call("DELETE", "/sources/zz");
  });
});

test("a source whose code was refused leaves nothing: its name is free, for another organization too", async () => {
  const refused = await call("POST", "/sources", body("typo", { orgId: "1", code: "1000.bad.code" }));
  assert.equal(refused.status, 422, JSON.stringify(refused));
  assert.equal((await call("GET", "/sources/typo")).status, 404);
  await create("typo");
  await call("DELETE", "/sources/typo");
});

test("F7: a table pulled alone brings the parent that was never read", { timeout: 70_000 }, async () => {
  await create("alone", { tables: ["team_members"] });
  const pull = () => call("POST", "/sources/alone/pull", { tables: ["team_members"] });
  const [{ runId }, second] = [await pull(), await pull()];
  assert.equal(second.runId, runId);
  const run = await call("GET", `/sources/alone/runs/${runId}?wait=60`);
  assert.deepEqual(
    run.result.tables.map(({ name, state }) => `${name} ${state}`),
    ["team_members complete"],
  );
  const { tables } = await call("GET", "/sources/alone/status");
  assert.ok(tables.every(({ name, rows = 0 }) => ["team_members", "teams"].includes(name) && rows > 0));
  await call("DELETE", "/sources/alone");
});

test(
  "F8: a source made again under its name has its rows, and is pending until it is pulled anew",
  { timeout: 90_000 },
  async () => {
    await create("again");
    await pair.run("/sources/again/pull");
    await until("it is live", async () => (await call("GET", "/sources/again/status")).state === "live");
    await call("DELETE", "/sources/again");
    await create("again");
    const status = await call("GET", "/sources/again/status");
    assert.deepEqual([status.state, status.tables[0]?.state], ["authorized", "pending"]);
    assert.ok((status.tables[0]?.rows ?? 0) > 0);
    const before = requests()["GET /agents"] ?? 0;
    await pair.run("/sources/again/pull");
    assert.ok((requests()["GET /agents"] ?? 0) > before, JSON.stringify(requests()));
    await call("DELETE", "/sources/again");
  },
);

test(
  "A23: removing a source removes its webhook at Zoho, later when Zoho does not answer now",
  { timeout: 60_000 },
  async () => {
    const { faults } = pair.desk;
    const removals = (): number => requests()["DELETE /webhooks/:id"] ?? 0;
    await create("hooked");
    assert.equal((await call("POST", "/sources/hooked/webhook")).status, 200);
    assert.equal((await call("DELETE", "/sources/hooked")).status, 200);
    assert.equal(removals(), 1, JSON.stringify(requests()));

    await create("hooked");
    assert.equal((await call("POST", "/sources/hooked/webhook")).status, 200);
    faults.add({ kind: "status500", match: "DELETE /webhooks" });
    assert.equal((await call("DELETE", "/sources/hooked")).status, 200);
    await until("it is tried again", async () => removals() === 3);
  },
);

test("F9: pulls of other tables are runs of their own, and the same tables one run", { timeout: 70_000 }, async () => {
  await create("runs", { tables: ["agents", "departments", "roles"] });
  const pull = (...tables: string[]) => call("POST", "/sources/runs/pull", { tables });
  const [one, same, other] = await Promise.all([pull("agents", "roles"), pull("roles", "agents"), pull("departments")]);
  assert.equal(one.runId, same.runId);
  assert.notEqual(one.runId, other.runId);
  for (const [{ runId }, names] of [
    [one, ["agents", "roles"]],
    [other, ["departments"]],
  ] as const) {
    const run = await call("GET", `/sources/runs/runs/${runId}?wait=60`);
    assert.equal(run.state, "done", JSON.stringify(run));
    assert.deepEqual(
      run.result.tables.map(({ name }) => name),
      names,
    );
  }
  await call("DELETE", "/sources/runs");
});

test(
  "F14: a source whose tokens Zoho refuses is in error and says what to do, until it answers again",
  { timeout: 60_000 },
  async () => {
    await create("dead");
    const { faults } = pair.desk;
    faults.add({ kind: "unauthorized", match: "GET ", times: 100_000 });
    await pair.call("POST", "/sources/dead/reconcile?wait=5");
    await until("status is error", async () => (await call("GET", "/sources/dead/status")).state === "error");
    const { message } = await call("GET", "/sources/dead/status");
    assert.match(message ?? "", /Generate a new code .* \/api\/sources\/dead\/authorize/);
    faults.clear();
    const code = pair.desk.generateCode();
    assert.equal((await call("POST", "/sources/dead/authorize", { code })).status, 200);
    await until("status is well", async () => (await call("GET", "/sources/dead/status")).state !== "error");
    await call("DELETE", "/sources/dead");
  },
);

test("A25, F13: a verify that the day's credits do not hold is 409 with its cost", { timeout: 70_000 }, async () => {
  await create("poor");
  await pair.run("/sources/poor/pull");
  pair.desk.setDailyCredits(pair.desk.stats.snapshot().creditsSpent + 20);
  // Looking at the webhook shows what is left.
  await call("GET", "/sources/poor/status");
  const refused = await call("POST", "/sources/poor/verify");
  assert.equal(refused.status, 409, JSON.stringify(refused));
  assert.match(refused.error!.message, /costs about \d+ credits; 0 are left/);
  await call("DELETE", "/sources/poor");
});
