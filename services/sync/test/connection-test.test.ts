import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { describe, test } from "node:test";
import { createDeskEmulator } from "@deskmirror/desk-emulator";
import { freePort } from "@deskmirror/testing";
import { locateClient, probeUrl } from "@deskmirror/zoho-desk";
import { openSink } from "@deskmirror/sinks";
import type { Check } from "../src/mirror/connection/check.ts";
import { heal, openConnection } from "./support/connection.ts";

/** Every check has a state and a message; what is not well says what to do. */
function expectCheck(checks: ReadonlyMap<string, Check>, name: string, state: Check["state"], said: RegExp): void {
  for (const check of checks.values()) {
    assert.deepEqual(Object.keys(check).toSorted(), ["hint", "message", "name", "state"]);
    assert.equal(check.hint === null, check.state === "ok", JSON.stringify(check));
  }
  const check = checks.get(name);
  assert.equal(check?.state, state, JSON.stringify([...checks.values()], null, 1));
  assert.match(`${check.message} ${check.hint}`, said);
}

const states = (checks: ReadonlyMap<string, Check>): Readonly<Record<string, string>> =>
  Object.fromEntries([...checks.values()].map(({ name, state }) => [name, state]));

test("a source of all 30 tables that is well passes every check, but for a service URL that Zoho cannot reach", async (t) => {
  const connection = await openConnection(t, { tickets: 30 });
  const tables = connection.source.streams.map(({ name }) => name);
  const webhookId = await connection.subscribe(tables);
  const checks = await connection.test({ tables, webhookId });
  const odd = [...checks.values()].filter(({ state, name }) => state !== "ok" && name !== "service URL");
  assert.deepEqual(odd, []);
  assert.deepEqual(
    [...checks.keys()].filter((name) => !name.startsWith("scope of ")),
    ["token", "data centre", "organization", "edition", "fields", "recycle bin", "sink", "service URL", "subscription"],
  );
  for (const table of tables) assert.ok(checks.has(`scope of ${table}`), table);
  assert.equal(connection.desk.stats.snapshot().breaches.unknownParameter?.count ?? 0, 0);
});

describe("token", () => {
  test("fails when the grant was revoked, although an access token that was had before lives", async (t) => {
    const { desk, dataSource, source, test: run } = await openConnection(t);
    await source.organization(heal);
    const { refreshToken } = dataSource;
    await fetch(`${desk.url}/oauth/v2/token/revoke?token=${refreshToken}`, { method: "POST" });
    const checks = await run();
    expectCheck(checks, "token", "fail", /invalid_code.*Generate a new code.*\/api\/sources\/acme\/authorize/);
    expectCheck(checks, "data centre", "ok", /known in data centre com/);
    const others = {
      organization: "warn",
      edition: "warn",
      "scope of agents": "warn",
      fields: "warn",
      subscription: "warn",
    };
    const found = states(checks);
    assert.deepEqual({ ...found, ...others }, found);
    assert.equal(found["sink"], "ok");
    for (const name of Object.keys(others)) assert.match(checks.get(name)!.message, /^Not judged: /);
    assert.match(checks.get("service URL")!.message, /answers 200/);
  });

  test("fails when the secret is wrong, and when the client is", async (t) => {
    const { test: run } = await openConnection(t);
    expectCheck(await run({ clientSecret: "hush" }), "token", "fail", /invalid_client_secret.*PATCH clientSecret/);
    const checks = await run({ clientId: "1000.NOBODY" });
    expectCheck(checks, "token", "fail", /invalid_client.*Correct the client id, or the data centre/);
    expectCheck(checks, "data centre", "warn", /Not judged: no other data centre is known/);
  });

  test("fails when Zoho refuses the tokens it gives", async (t) => {
    const { desk, test: run } = await openConnection(t);
    desk.faults.add({ kind: "unauthorized", match: "GET /", times: 1_000 });
    const checks = await run();
    expectCheck(checks, "token", "fail", /refused 2 fresh access tokens.*Generate a new code/);
    expectCheck(checks, "scope of agents", "warn", /Not judged: Zoho refuses its tokens/);
  });

  test("fails when the accounts server is out of reach, and before a code was exchanged", async (t) => {
    const { test: run } = await openConnection(t);
    const accountsUrl = `http://127.0.0.1:${await freePort()}`;
    expectCheck(await run({ accountsUrl }), "token", "fail", /gave no whole answer.*must reach the accounts server/);
    const checks = await run({ refreshToken: null });
    expectCheck(checks, "token", "fail", /No code was exchanged yet.*Generate a new code/);
    expectCheck(checks, "data centre", "warn", /Not judged: the source has no grant/);
  });

  test("warns when Zoho gives no more tokens for now; the present one is judged", async (t) => {
    const { desk, source, test: run } = await openConnection(t);
    await source.organization(heal);
    desk.faults.add({ kind: "tooManyTokens", match: "POST /oauth" });
    const checks = await run();
    expectCheck(checks, "token", "warn", /no more tokens for ten minutes.*Test again in ten minutes/);
    expectCheck(checks, "organization", "ok", /./);
  });
});

test("a client of another data centre fails, and the right one is named", async (t) => {
  const { desk, dataSource, test: run } = await openConnection(t);
  const other = await createDeskEmulator({ tickets: 1, clientId: "1000.OTHER" });
  t.after(() => other.close());
  const nowhere = `http://127.0.0.1:${await freePort()}`;
  const urls: Readonly<Record<string, string>> = { com: other.url, eu: desk.url };
  const checks = await run(
    { accountsUrl: other.url },
    { locateClient: (source) => locateClient({ source, toAccountsUrl: (center) => urls[center] ?? nowhere }) },
  );
  assert.equal(dataSource.dataCenter, "com");
  expectCheck(checks, "token", "fail", /invalid_client/);
  expectCheck(checks, "data centre", "fail", /belongs to data centre eu, not to com.*dataCenter eu/);
});

test("the data centres of Zoho are not asked for the client of a source with endpoints of its own", async () => {
  const asked: string[] = [];
  const transport = (send: { readonly url: string }) => {
    asked.push(send.url);
    return Promise.reject(new Error("nobody is to be asked"));
  };
  const source = { clientId: "1000.X", dataCenter: "com", accountsUrl: "http://127.0.0.1:9" } as const;
  assert.equal(await locateClient({ source, transport }), null);
  assert.deepEqual(asked, []);
});

test("another organization's id fails, and what hangs on it says so", async (t) => {
  const { test: run } = await openConnection(t);
  const checks = await run({ orgId: "1" });
  expectCheck(checks, "organization", "fail", /sees organization \d+, not 1.*right orgId/);
  expectCheck(checks, "edition", "warn", /Not judged: the organization could not be read/);
  expectCheck(checks, "scope of agents", "warn", /Not judged: it is the wrong organization/);
  expectCheck(checks, "token", "ok", /./);
});

test(
  "an organization that may not be read, or does not answer, is not judged; tables are",
  { timeout: 60_000 },
  async (t) => {
    const { test: run } = await openConnection(t, { scopes: ["Desk.agents.READ"], tables: ["agents"] });
    const checks = await run();
    expectCheck(checks, "organization", "warn", /Not judged: .*Desk.organization.READ.*authorize again/);
    expectCheck(checks, "scope of agents", "ok", /./);
    expectCheck(checks, "subscription", "warn", /Not judged: .*Desk.webhooks.ALL.*authorize again/);
  },
);

describe("edition", () => {
  for (const edition of ["free", "standard"] as const) {
    test(`warns that ${edition} has no webhooks and reconcile is the increment; so does the subscription`, async (t) => {
      const { test: run } = await openConnection(t, { edition });
      const checks = await run();
      expectCheck(checks, "edition", "warn", /has no webhooks: reconcile is the increment.*reconcileSeconds/);
      expectCheck(checks, "subscription", "warn", /has no webhooks.*reconcile/);
    });
  }

  test("warns of one that is not known, and fails when more calls at once are set than it answers", async (t) => {
    const { desk, dataSource, test: run } = await openConnection(t, { edition: "professional" });
    expectCheck(await run(), "edition", "ok", /PROFESSIONAL: 15 calls at once, 5 webhooks/);
    const throttle = { ...dataSource.throttle, concurrency: 20 };
    expectCheck(await run({ throttle }), "edition", "fail", /is 20, and PROFESSIONAL answers 15.*to 13/);
    desk.settings.editionName = "GALAXY";
    expectCheck(await run(), "edition", "warn", /GALAXY is not known.*PATCH throttle/);
  });
});

describe("scope of a table", () => {
  test("fails where the grant lacks it, naming the scope and all tables it costs", async (t) => {
    const scopes = ["Desk.tickets.READ", "Desk.contacts.READ", "Desk.basic.READ", "Desk.settings.READ"];
    const { test: run } = await openConnection(t, { scopes, tables: ["tickets", "contacts", "agents", "articles"] });
    const checks = await run();
    const costs = /lacks the scope Desk.search.READ; it costs tickets, contacts\..*Generate a code with that scope/;
    expectCheck(checks, "scope of tickets", "fail", costs);
    expectCheck(checks, "scope of contacts", "fail", costs);
    expectCheck(checks, "scope of articles", "fail", /Desk.articles.READ and Desk.search.READ; it costs articles/);
    expectCheck(checks, "scope of agents", "ok", /./);
  });

  test("fails with its children where Zoho took it away since", async (t) => {
    const { desk, test: run } = await openConnection(t, { tables: ["tickets", "ticket_comments", "agents"] });
    desk.faults.revokedScopes.add("Desk.tickets.READ");
    const checks = await run();
    for (const table of ["tickets", "ticket_comments"]) {
      expectCheck(checks, `scope of ${table}`, "fail", /Desk.tickets.READ.*authorize again/);
    }
    expectCheck(checks, "scope of agents", "ok", /./);
  });

  test("warns where the edition has no such module, and where Zoho does not answer", { timeout: 60_000 }, async (t) => {
    const { desk, test: run } = await openConnection(t, { tables: ["contracts", "roles", "agents"] });
    desk.settings.pathsOutsideEdition = ["/contracts"];
    desk.faults.add({ kind: "status500", match: "GET /roles", times: 100 });
    const checks = await run();
    expectCheck(
      checks,
      "scope of contracts",
      "warn",
      /edition of this Desk does not have contracts.*Leave the table out/,
    );
    expectCheck(checks, "scope of roles", "warn", /Not judged: .*answered 500.*Test again/);
    expectCheck(checks, "scope of agents", "ok", /./);
  });

  test("of children is well where there is none to be asked for", async (t) => {
    const { test: run } = await openConnection(t, { tickets: 0, tables: ["tickets", "ticket_comments"] });
    expectCheck(await run(), "scope of ticket_comments", "ok", /none of the tickets/);
  });
});

test("fields that the agent's profile hides are warned of, by table", async (t) => {
  const { desk, test: run } = await openConnection(t, { tables: ["tickets", "contacts", "agents"] });
  expectCheck(await run(), "fields", "ok", /sees every field/);
  desk.settings.hiddenKeys = ["email", "phone"];
  expectCheck(
    await run(),
    "fields",
    "warn",
    /tickets lacks email, phone; contacts lacks email, phone\..*administrator/,
  );
});

test("a recycle bin that may not be read is warned of, with the scope", async (t) => {
  const { test: run } = await openConnection(t, { scopes: ["Desk.agents.READ"], tables: ["agents"] });
  expectCheck(await run(), "recycle bin", "warn", /SCOPE_MISMATCH.*Desk.settings.READ/);
  expectCheck(await run({ refreshToken: null }), "recycle bin", "warn", /Not judged/);
});

describe("sink", () => {
  test("fails where the URL is refused, the file is no database or cannot be opened", async (t) => {
    const { dataDir, test: run } = await openConnection(t);
    expectCheck(
      await run({ sinkUrl: "sqlite:/elsewhere/desk.db" }),
      "sink",
      "fail",
      /DATA_DIR.*Correct the sink's URL/,
    );
    await writeFile(`${dataDir}/text.db`, "x".repeat(1_000));
    expectCheck(await run({ sinkUrl: `sqlite:${dataDir}/text.db` }), "sink", "fail", /is no SQLite file/);
    expectCheck(await run({ sinkUrl: `sqlite:${dataDir}/.` }), "sink", "fail", /./);
    const checks = await run({ sinkUrl: "mysql://h/db" });
    expectCheck(checks, "sink", "fail", /of no kind we know/);
    expectCheck(checks, "token", "ok", /./);
  });

  test("fails where its tables are another organization's, and nothing else is hidden by it", async (t) => {
    const { dataDir, test: run } = await openConnection(t);
    expectCheck(await run(), "sink", "ok", /May be written/);
    const sink = await openSink(`sqlite:${dataDir}/taken.db`, { dataDir });
    const table = { source: "acme", stream: "agents", core: null, hasModifiedTime: false, isByCreatedTime: false };
    await sink.prepare([table], { source: "acme", orgId: "1" });
    await sink.close();
    const checks = await run({ sinkUrl: `sqlite:${dataDir}/taken.db` });
    expectCheck(checks, "sink", "fail", /hold another organization.*PATCH sinkUrl/);
    expectCheck(checks, "scope of agents", "ok", /./);
  });
});

describe("service URL", () => {
  test("fails when nothing answers, or something else than 200", async (t) => {
    const { answer, test: run } = await openConnection(t);
    for (const status of [202, 301, 404, 503]) {
      answer(status);
      expectCheck(await run(), "service URL", "fail", new RegExp(`answers ${status} to a GET.*Start ingest`));
    }
    answer(null);
    expectCheck(await run(), "service URL", "fail", /cannot be reached from here: .*gave no whole answer/);
    const serviceUrl = `http://127.0.0.1:${await freePort()}/hooks/key`;
    expectCheck(await run({}, { serviceUrl }), "service URL", "fail", /ECONNREFUSED.*PUBLIC_URL/);
  });

  test("fails for Zoho where its address is of this machine or network, or its port is neither 80 nor 443; warns for a Desk of one's own", async (t) => {
    const { test: run, desk } = await openConnection(t);
    const loopback =
      /Zoho cannot reach 127\.0\.0\.1, which is an address of this machine.*only ports 80 and 443, not \d+/;
    expectCheck(await run(), "service URL", "warn", loopback);
    // A Desk at Zoho's own hosts; nothing is asked of it, since there is no grant.
    const zoho = { deskUrl: null, refreshToken: null, accountsUrl: desk.url };
    expectCheck(await run(zoho), "service URL", "fail", loopback);
    // The answer is that of the local server, under other names.
    const answers = { probeUrl: async () => 200, assertAllowedHost: async () => {} };
    const of = (serviceUrl: string) => run(zoho, { ...answers, serviceUrl });
    for (const host of ["localhost", "[::1]", "10.1.2.3", "192.168.0.9", "172.20.0.1", "[fd12::1]"]) {
      expectCheck(await of(`https://${host}/hooks/key`), "service URL", "fail", /Zoho cannot reach/);
    }
    expectCheck(await of("https://desk.example.org:8443/hooks/key"), "service URL", "fail", /not 8443/);
    for (const origin of ["https://desk.example.org", "http://desk.example.org", "https://172.32.0.1"]) {
      expectCheck(await of(`${origin}/hooks/key`), "service URL", "ok", /answers 200/);
    }
  });

  test("fails unasked where it names an address of a cloud's metadata", async (t) => {
    const { test: run } = await openConnection(t);
    const asked: string[] = [];
    const checks = await run(
      {},
      {
        serviceUrl: "http://169.254.169.254/hooks/key",
        probeUrl: (url, how) => {
          asked.push(url);
          return probeUrl(url, how);
        },
      },
    );
    expectCheck(checks, "service URL", "fail", /serves the metadata of a cloud's machines/);
    assert.deepEqual(asked, []);
  });
});

describe("subscription", () => {
  test("fails when it is missing, disabled, sends elsewhere or lacks events of a chosen table", async (t) => {
    const { desk, dataSource, source, serviceUrl, subscribe, test: run } = await openConnection(t);
    expectCheck(await run(), "subscription", "fail", /no webhook of this source.*POST \/api\/sources\/acme\/webhook/);
    const webhookId = await subscribe(["departments", "agents"]);
    expectCheck(await run(), "subscription", "ok", /sends the events of every table/);
    expectCheck(await run({ webhookId }), "subscription", "ok", /./);
    expectCheck(
      await run({ webhookId, tables: ["departments", "agents", "contacts"] }),
      "subscription",
      "fail",
      /lacks events: Contact_Add, Contact_Update, Contact_Delete \(contacts\)/,
    );
    const events = source.subscriptions.eventsFor(["departments", "agents"]);
    await source.subscriptions.update(webhookId, `${serviceUrl}2`, events, heal);
    expectCheck(await run({ webhookId }), "subscription", "fail", /sends to another URL/);
    await source.subscriptions.update(webhookId, serviceUrl, events, heal);
    await setEnabled(desk.url, dataSource, { id: webhookId, events });
    expectCheck(await run({ webhookId }), "subscription", "fail", /is disabled.*repairs it/);
  });

  test("is not judged when Zoho does not answer", { timeout: 60_000 }, async (t) => {
    const { desk, test: run } = await openConnection(t);
    desk.faults.add({ kind: "html", match: "GET /webhooks", times: 100 });
    expectCheck(await run(), "subscription", "warn", /Not judged: .*answered 502.*Test again/);
  });
});

/** Disables a webhook as a person does in Zoho's setup. */
async function setEnabled(
  url: string,
  {
    clientId,
    clientSecret,
    refreshToken,
    orgId,
  }: { clientId: string; clientSecret: string; refreshToken: string | null; orgId: string },
  { id, events }: { readonly id: string; readonly events: readonly string[] },
): Promise<void> {
  const form = {
    grant_type: "refresh_token",
    client_id: clientId,
    client_secret: clientSecret,
    refresh_token: refreshToken!,
  };
  const token = await fetch(`${url}/oauth/v2/token`, { method: "POST", body: new URLSearchParams(form) });
  const { access_token: access } = (await token.json()) as { access_token: string };
  const answer = await fetch(`${url}/api/v1/webhooks/${id}`, {
    method: "PATCH",
    headers: { authorization: `Zoho-oauthtoken ${access}`, orgId, "content-type": "application/json" },
    body: JSON.stringify({ isEnabled: false, subscriptions: Object.fromEntries(events.map((event) => [event, null])) }),
  });
  assert.equal(answer.status, 200, await answer.text());
}
