import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { startPair } from "./pair.ts";
import { statusOf, until } from "./support/status.ts";
import type { SourceStatus } from "./support/status.ts";

const pair = await startPair({ tickets: 20, latencyMs: 2 });
const token = await tokenOfOurOwn();

interface Source {
  readonly name: string;
  readonly tables: readonly string[];
  readonly serviceUrl: string;
  readonly webhookId: string | null;
  readonly sinkUrl: string;
  readonly signature: string;
  readonly throttle: object;
  readonly paused: boolean;
  readonly scopes: readonly string[];
  readonly warnings: readonly string[];
  readonly error?: { readonly code: string; readonly message: string; readonly hint: string };
}

async function call(method: string, path: string, body?: unknown): Promise<Source & { readonly status: number }> {
  const answer = await pair.call(method, `/sources${path}`, body);
  return { ...(answer.body as Source), status: answer.status };
}

async function create(name: string, change: object = {}): Promise<Source> {
  const created = await call("POST", "", pair.newSource(name, { tables: ["contacts"], ...change }));
  assert.equal(created.status, 201, JSON.stringify(created));
  return created;
}

const status = (name: string): Promise<SourceStatus> => statusOf(pair, name);

/** A token beside those of the sources, to look at Desk as an agent would. */
async function tokenOfOurOwn(): Promise<string> {
  const { url, clientId, clientSecret } = pair.desk;
  const code = pair.desk.generateCode();
  const query = { grant_type: "authorization_code", client_id: clientId, client_secret: clientSecret, code };
  const answer = await fetch(`${url}/oauth/v2/token?${new URLSearchParams(query).toString()}`, { method: "POST" });
  return ((await answer.json()) as { readonly access_token: string }).access_token;
}

interface Webhook {
  readonly id: string;
  readonly url: string;
  readonly subscriptions: object;
}

async function webhookOf({ webhookId }: Pick<Source, "webhookId">): Promise<Webhook> {
  const headers = { authorization: `Zoho-oauthtoken ${token}`, orgId: pair.desk.orgId };
  const answer = await fetch(`${pair.desk.url}/api/v1/webhooks/${webhookId}`, { headers });
  assert.equal(answer.status, 200);
  return (await answer.json()) as Webhook;
}

const post = async (url: string): Promise<number> => (await fetch(url, { method: "POST", body: "[]" })).status;

describe("PATCH", () => {
  before(() => create("patched"));

  test("changes what is named and nothing else, and null is the default again", async () => {
    const before = await call("GET", "/patched");
    const changed = await call("PATCH", "/patched", {
      signature: "off",
      throttle: { concurrency: 4 },
      reconcileSeconds: 60,
      clientSecret: pair.desk.clientSecret,
    });
    assert.equal(changed.status, 200, JSON.stringify(changed));
    const { serviceUrl: _url, ...shown } = before;
    assert.deepEqual(changed, {
      ...shown,
      signature: "off",
      reconcileSeconds: 60,
      throttle: { concurrency: 4, reserve: 0.4, dailyCredits: null },
    });
    assert.equal(JSON.stringify(changed).includes(pair.desk.clientSecret), false);
    const back = await call("PATCH", "/patched", {
      signature: "verify",
      throttle: { concurrency: null },
      reconcileSeconds: null,
    });
    assert.deepEqual(back, { ...shown, status: 200 });
  });

  const long = "x".repeat(201);
  const wrong: Readonly<Record<string, readonly unknown[]>> = {
    tables: ["agents", {}, [], [7]],
    mode: [7, null, "table"],
    throttle: [
      7,
      null,
      { concurrency: "8" },
      { concurrency: 0 },
      { reserve: null },
      { reserve: 1.1 },
      { dailyCredits: 0 },
      { speed: 1 },
    ],
    signature: [true, null, "maybe"],
    clientSecret: [7, null, "", long],
    sinkUrl: [7, ""],
    reconcileSeconds: ["900", 9, 31_536_001, 10.5],
    compareSeconds: ["900", 9, 31_536_001, 10.5],
    sweepHours: ["1", 0, 8_761],
    name: ["other"],
    orgId: ["1"],
  };
  for (const [field, values] of Object.entries(wrong)) {
    test(`of ${field} with a wrong value is 422 by its name, and nothing is changed`, async () => {
      const before = await call("GET", "/patched");
      for (const value of values) {
        const refused = await call("PATCH", "/patched", {
          [field]: value,
          sweepHours: 5,
          ...(field === "sweepHours" && { [field]: value }),
        });
        assert.equal(refused.status, 422, JSON.stringify([value, refused]));
        assert.match(refused.error!.message, new RegExp(field));
        assert.ok(refused.error!.hint.length > 0);
      }
      assert.deepEqual(await call("GET", "/patched"), before);
    });
  }

  test("of tables there are not, or whose scope is missing, is 422 and names it", async () => {
    const unknown = await call("PATCH", "/patched", { tables: ["invoices"] });
    assert.equal(unknown.status, 422);
    assert.match(unknown.error!.message, /There is no table invoices/);
    const code = pair.desk.generateCode(["Desk.contacts.READ", "Desk.search.READ", "Desk.basic.READ"]);
    assert.equal((await call("POST", "/patched/authorize", { code })).status, 200);
    const refused = await call("PATCH", "/patched", { tables: ["contacts", "articles"] });
    assert.equal(refused.status, 422);
    assert.match(refused.error!.message, /articles: .*Desk\.articles\.READ/);
  });

  test("of a source that is not there is 404, of a sink that is refused 422", async () => {
    assert.equal((await call("PATCH", "/nobody", { signature: "off" })).status, 404);
    assert.equal((await call("PATCH", "/patched", { sinkUrl: "mysql://h/d" })).status, 422);
    assert.equal((await call("PATCH", "/patched", { sinkUrl: "sqlite:/etc/desk.db" })).status, 422);
  });
});

test(
  "a table named anew is pulled like the others, and its events are subscribed to",
  { timeout: 90_000 },
  async () => {
    await create("wider");
    await call("POST", "/wider/webhook");
    await pair.run("/sources/wider/pull");
    const { subscriptions } = await webhookOf(await call("GET", "/wider"));
    assert.deepEqual(["Contact_Add" in subscriptions, "Task_Add" in subscriptions], [true, false]);
    assert.equal((await call("PATCH", "/wider", { tables: ["contacts", "tasks"] })).status, 200);
    await until("tasks are there", async () =>
      (await status("wider")).tables.every(({ rows, state }) => rows > 0 && state === "live"),
    );
    assert.ok("Task_Add" in (await webhookOf(await call("GET", "/wider"))).subscriptions);
    await call("DELETE", "/wider");
  },
);

test(
  "a new sink begins at pending and is pulled without being asked; the old one keeps its rows",
  { timeout: 90_000 },
  async () => {
    await create("moved");
    await pair.run("/sources/moved/pull");
    const { rows } = (await status("moved")).tables[0]!;
    const { sinkUrl } = await call("GET", "/moved");
    const changed = await call("PATCH", "/moved", { sinkUrl: sinkUrl.replace("desk.db", "other.db") });
    assert.equal(changed.status, 200, JSON.stringify(changed));
    await until("the other sink is full", async () => (await status("moved")).tables[0]!.state === "live");
    const other = (await status("moved")).tables[0]!;
    assert.equal(other.rows, rows);
    await call("PATCH", "/moved", { sinkUrl: null });
    assert.equal((await call("GET", "/moved")).sinkUrl, sinkUrl);
    await until("the first sink is read again", async () => {
      const { state, pull } = (await status("moved")).tables[0]!;
      return state === "live" && pull!.startedAt > other.pull!.startedAt;
    });
  },
);

test(
  "a copy has the same grant and a service URL of its own, and so has a copy of the copy",
  { timeout: 60_000 },
  async () => {
    const first = await create("first");
    await call("POST", "/first/webhook");
    const tokens = pair.desk.stats.snapshot().tokenRequests;
    const second = await call("POST", "/first/copy", { name: "second" });
    assert.equal(second.status, 201, JSON.stringify(second));
    const third = await call("POST", "/second/copy", { name: "third" });
    assert.equal(new Set([first, second, third].map(({ serviceUrl }) => serviceUrl)).size, 3);
    assert.deepEqual([second.webhookId, second.tables], [null, ["contacts"]]);
    assert.match(second.warnings.join(), /client id already serves .*first/);
    await pair.run("/sources/third/pull");
    assert.ok((await status("third")).tables[0]!.rows > 0);
    assert.equal(pair.desk.stats.snapshot().tokenRequests, tokens, "they share the token");
    for (const { serviceUrl } of [first, second, third]) assert.equal(await post(serviceUrl), 200);
    assert.equal((await call("POST", "/first/copy", { name: "second" })).status, 409);
    assert.equal((await call("POST", "/first/copy", { name: "Second" })).status, 422);
    assert.equal((await call("POST", "/first/copy", {})).status, 422);
    assert.equal((await call("POST", "/nobody/copy", { name: "fourth" })).status, 404);
  },
);

test("a new grant goes to every source that shared the old one", async () => {
  await create("mother");
  await call("POST", "/mother/copy", { name: "child" });
  const scopes = ["Desk.contacts.READ", "Desk.search.READ", "Desk.basic.READ"];
  const code = pair.desk.generateCode(scopes);
  assert.equal((await call("POST", "/mother/authorize", { code })).status, 200);
  assert.deepEqual((await call("GET", "/child")).scopes, scopes);
  await pair.run("/sources/child/pull");
  assert.ok((await status("child")).tables[0]!.rows > 0);
});

describe("rotate-url", () => {
  test("gives a new URL, and the old one works for its grace only", async () => {
    const { serviceUrl } = await create("rotated");
    const rotated = await call("POST", "/rotated/rotate-url", { graceSeconds: 2 });
    assert.equal(rotated.status, 200, JSON.stringify(rotated));
    assert.notEqual(rotated.serviceUrl, serviceUrl);
    assert.equal(await post(rotated.serviceUrl), 200);
    assert.equal(await post(serviceUrl), 200);
    await until("the old one is gone", async () => (await post(serviceUrl)) === 410);
    const { serviceUrl: last } = await call("POST", "/rotated/rotate-url", { graceSeconds: 0 });
    assert.equal(await post(last), 200);
    await until("the second is gone", async () => (await post(rotated.serviceUrl)) === 410);
  });

  test("moves a webhook that we registered, at Zoho too", async () => {
    await create("moving");
    await call("POST", "/moving/webhook");
    const rotated = await call("POST", "/moving/rotate-url");
    assert.equal((await webhookOf(rotated)).url, rotated.serviceUrl);
  });

  test("rotates nothing when Zoho does not confirm, and says so", async () => {
    const { serviceUrl } = await create("stuck");
    await call("POST", "/stuck/webhook");
    pair.desk.faults.revokedScopes.add("Desk.events.ALL").add("Desk.webhooks.ALL").add("Desk.settings.ALL");
    const refused = await call("POST", "/stuck/rotate-url", { graceSeconds: 0 });
    pair.desk.faults.clear();
    assert.equal(refused.status, 422, JSON.stringify(refused));
    assert.match(refused.error!.message, /so the old one stays: /);
    assert.ok(refused.error!.hint.length > 0);
    assert.equal((await call("GET", "/stuck")).serviceUrl, serviceUrl);
    assert.equal(await post(serviceUrl), 200);
  });

  test("loses nothing when Zoho takes the new URL and its answer is lost", { timeout: 60_000 }, async () => {
    const { serviceUrl } = await create("unsure");
    await call("POST", "/unsure/webhook");
    pair.desk.faults.add({ kind: "dropAfter", match: "PATCH /webhooks", times: 1_000 });
    const refused = await call("POST", "/unsure/rotate-url", { graceSeconds: 0 });
    pair.desk.faults.clear();
    assert.equal(refused.status, 503, JSON.stringify(refused));
    assert.match(refused.error!.message, /so the old one stays: /);
    const source = await call("GET", "/unsure");
    assert.equal(source.serviceUrl, serviceUrl);
    const { url } = await webhookOf(source);
    assert.notEqual(url, serviceUrl);
    for (const one of [url, serviceUrl]) assert.equal(await post(one), 200);
    const rotated = await call("POST", "/unsure/rotate-url", { graceSeconds: 0 });
    assert.equal((await webhookOf(rotated)).url, rotated.serviceUrl);
    for (const one of [url, serviceUrl]) await until("it is gone", async () => (await post(one)) === 410);
  });

  for (const graceSeconds of [-1, "5", 1.5, 31_536_001]) {
    test(`with graceSeconds ${JSON.stringify(graceSeconds)} is 422`, async () => {
      const refused = await call("POST", "/patched/rotate-url", { graceSeconds });
      assert.equal(refused.status, 422);
      assert.match(refused.error!.message, /graceSeconds/);
    });
  }
});

test(
  "a paused source stores its deliveries, over a restart too, and applies them once it is resumed",
  { timeout: 60_000 },
  async () => {
    await create("paused", { tables: ["tasks"] });
    await call("POST", "/paused/webhook");
    await pair.run("/sources/paused/pull");
    assert.equal((await call("POST", "/paused/pause")).paused, true);
    const [task] = pair.desk.store.records("tasks");
    for (const name of ["one", "two", "three"]) pair.desk.store.update("tasks", task!.key, { subject: name });
    await until("they are stored", async () => (await status("paused")).ledger.inFlight === 3);
    await pair.restartSync("SIGKILL");
    await sleep(1_500);
    const { ledger, state } = await status("paused");
    assert.deepEqual([state, ledger.inFlight, ledger.applied], ["paused", 3, 0]);
    for (const run of ["pull", "reconcile"]) {
      const refused = await call("POST", `/paused/${run}`);
      assert.deepEqual([refused.status, refused.error?.code], [409, "PAUSED"]);
    }
    assert.equal((await call("POST", "/paused/resume")).paused, false);
    await until("they are applied", async () => (await status("paused")).ledger.inFlight === 0);
    assert.equal((await status("paused")).ledger.unaccounted, 0);
  },
);
