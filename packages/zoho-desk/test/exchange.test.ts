import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { IncomingMessage, Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { inspect } from "node:util";
import { DATA_CENTERS } from "@deskmirror/model";
import type { DataCenter } from "@deskmirror/model";
import { createDeskEmulator } from "@deskmirror/desk-emulator";
import type { DeskEmulator } from "@deskmirror/desk-emulator";
import { testDataSource } from "@deskmirror/testing";
import { createTransport } from "../src/http/transport.ts";
import { exchangeCode } from "../src/oauth/exchange.ts";
import { revokeGrant } from "../src/oauth/revoke.ts";
import { requestToken } from "../src/oauth/token-endpoint.ts";

let desk: DeskEmulator;
before(async () => {
  desk = await createDeskEmulator({ tickets: 1, latencyMs: 0 });
});
after(() => desk.close());

function ofDesk(given: object = {}) {
  const { clientId, clientSecret, url } = desk;
  return testDataSource({ clientId, clientSecret, accountsUrl: url, deskUrl: `${url}/`, ...given });
}

test("a code gives a grant with its scopes, once", async () => {
  const code = desk.generateCode(["Desk.tickets.READ", "Desk.search.READ"]);
  const grant = await exchangeCode({ source: ofDesk(), code });
  assert.match(grant.refreshToken, /^1000\./);
  assert.ok(grant.access.expiresMs > Date.now() + 3_500_000);
  if (grant.scopes !== null) assert.deepEqual(grant.scopes.toSorted(), ["Desk.search.READ", "Desk.tickets.READ"]);
  await assert.rejects(exchangeCode({ source: ofDesk(), code }), { code: "invalid_code", message: /Generate Code/ });
});

test("an expired code says so and how to make a new one", async () => {
  const code = desk.generateCode();
  desk.clock.advance(desk.settings.codeLifeMs + 1);
  await assert.rejects(exchangeCode({ source: ofDesk(), code }), {
    name: "PermanentError",
    message: /expired.*new code/s,
  });
});

const refusals: readonly [string, object, string, RegExp][] = [
  ["a wrong secret", { clientSecret: "hush" }, "invalid_client_secret", /copy it again/],
  ["a wrong client id", { clientId: "1000.NOBODY" }, "invalid_client", /another data centre than com \(one of eu, in/],
];
for (const [what, given, code, message] of refusals) {
  test(`${what} is refused with the next step and without the secret`, async () => {
    await assert.rejects(exchangeCode({ source: ofDesk(given), code: desk.generateCode() }), (error: Error) => {
      assert.match(error.message, message);
      assert.equal("code" in error && error.code, code);
      const text = inspect(error, { depth: 20, showHidden: true });
      for (const secret of ["hush", desk.clientSecret]) assert.equal(text.includes(secret), false);
      return true;
    });
  });
}

test("too many token requests are said with their wait", async () => {
  desk.faults.add({ kind: "tooManyTokens", match: "POST /oauth" });
  await assert.rejects(exchangeCode({ source: ofDesk(), code: desk.generateCode() }), {
    name: "TransientError",
    code: "REFRESH_WINDOW",
    retryAfterMs: 600_000,
  });
});

for (const kind of ["html", "truncated", "dropAfter"] as const) {
  test(`an answer to a code that does not arrive whole (${kind}) is unclear, not refused`, async () => {
    desk.faults.add({ kind, match: "POST /oauth" });
    await assert.rejects(exchangeCode({ source: ofDesk(), code: desk.generateCode() }), { name: "TransientError" });
    desk.faults.clear();
  });
}

test("a host that is not found is said with what to check", async () => {
  await assert.rejects(exchangeCode({ source: ofDesk({ accountsUrl: "http://nowhere.invalid" }), code: "1000.x" }), {
    name: "TransientError",
    message: /^the host nowhere\.invalid was not found \((ENOTFOUND|EAI_AGAIN)\): check its spelling/,
  });
});

test("a grant that is given back gives no more tokens", async () => {
  const source = ofDesk();
  const { refreshToken } = await exchangeCode({ source, code: desk.generateCode() });
  await revokeGrant(source, refreshToken);
  const client = { accountsUrl: desk.url, clientId: desk.clientId, clientSecret: desk.clientSecret };
  const request = { client, grant: { refreshToken }, transport: createTransport(), now: Date.now };
  await assert.rejects(requestToken(request), { name: "PermanentError", code: "invalid_code" });
  await assert.rejects(revokeGrant(source, refreshToken), { name: "TransientError" });
});

/** Accounts servers of all data centres: only `home` knows the client. */
async function startDataCenters(home: DataCenter | null, words: Readonly<Partial<Record<DataCenter, string>>> = {}) {
  const seen: { readonly dataCenter: DataCenter; readonly form: string }[] = [];
  const servers = new Map<DataCenter, Server>();
  for (const dataCenter of DATA_CENTERS) {
    const server = createServer((request, response) => {
      void readAll(request).then((form) => {
        seen.push({ dataCenter, form });
        const error = words[dataCenter] ?? (dataCenter === home ? "invalid_client_secret" : "invalid_client");
        response.end(JSON.stringify({ error }));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    servers.set(dataCenter, server);
  }
  return {
    seen,
    toAccountsUrl: (dataCenter: DataCenter) =>
      `http://127.0.0.1:${(servers.get(dataCenter)!.address() as AddressInfo).port}`,
    stop: () => servers.forEach((server) => server.close()),
  };
}

async function readAll(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
}

async function exchangeAt(zoho: Awaited<ReturnType<typeof startDataCenters>>): Promise<Error> {
  const own = createTransport();
  const toOwn = new URL(zoho.toAccountsUrl("com"));
  try {
    await exchangeCode({
      source: testDataSource({ clientId: "1000.C", clientSecret: "hush" }),
      code: "1000.code",
      toAccountsUrl: zoho.toAccountsUrl,
      // Zoho's own accounts host stands at the server of its data centre.
      transport: (send) => own({ ...send, url: send.url.replace("https://accounts.zoho.com", toOwn.origin) }),
    });
  } catch (error) {
    return error as Error;
  } finally {
    zoho.stop();
  }
  throw new Error("the code was exchanged");
}

test("a wrong data centre is recognised and named, and gets neither secret nor code", async () => {
  const zoho = await startDataCenters("eu");
  const error = await exchangeAt(zoho);
  assert.match(error.message, /belongs to data centre eu, not com: set dataCenter to eu/);
  const elsewhere = zoho.seen.filter(({ dataCenter }) => dataCenter !== "com");
  assert.equal(elsewhere.length, DATA_CENTERS.length - 1);
  for (const { form } of elsewhere) assert.doesNotMatch(form, /hush|1000\.code/);
});

test("without one data centre that knows the client both causes are said", async () => {
  for (const zoho of [
    await startDataCenters(null),
    await startDataCenters("eu", { in: "invalid_client_secret" }),
    await startDataCenters("eu", { com: "invalid_client", eu: "server_error" }),
  ]) {
    assert.match((await exchangeAt(zoho)).message, /client id is wrong, or the client belongs to another data centre/);
  }
});
