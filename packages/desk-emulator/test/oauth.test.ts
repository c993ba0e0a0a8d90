import assert from "node:assert/strict";
import { test } from "node:test";
import { shown, type Json } from "../src/json.ts";
import { startDesk } from "./support/desk.ts";

const desk = await startDesk();
const { emulator } = desk;
const client = { client_id: emulator.clientId, client_secret: emulator.clientSecret };

async function statusWith(token: Json | undefined): Promise<number> {
  return (await desk.call("/departments", { headers: { Authorization: `Zoho-oauthtoken ${shown(token)}` } })).status;
}

test("item 1: the token endpoint takes its parameters from the form body and from the query string", async () => {
  const inForm = await desk.token({ grant_type: "authorization_code", ...client, code: emulator.generateCode() });
  assert.equal(typeof inForm.body["access_token"], "string");
  const query = new URLSearchParams({ grant_type: "authorization_code", ...client, code: emulator.generateCode() });
  const inQuery = await fetch(`${emulator.url}/oauth/v2/token?${query.toString()}`, { method: "POST" });
  assert.equal(typeof ((await inQuery.json()) as { access_token?: unknown }).access_token, "string");
});

test("item 2: a code works once; used and unknown codes are answered 200 with invalid_code", async () => {
  const code = emulator.generateCode(["Desk.tickets.READ", "Desk.basic.READ"]);
  const exchange = () => desk.token({ grant_type: "authorization_code", ...client, code });
  const first = await exchange();
  assert.equal(first.status, 200);
  assert.match(shown(first.body["access_token"]), /^1000\.[0-9a-f]+\.[0-9a-f]+$/);
  assert.match(shown(first.body["refresh_token"]), /^1000\./);
  assert.equal(first.body["scope"], "Desk.tickets.READ Desk.basic.READ");
  assert.equal(first.body["api_domain"], "https://www.zohoapis.com");
  assert.equal(first.body["token_type"], "Bearer");
  assert.equal(first.body["expires_in"], 3600);
  const second = await exchange();
  assert.deepEqual([second.status, second.body], [200, { error: "invalid_code" }]);
  const unknown = await desk.token({ grant_type: "authorization_code", ...client, code: "1000.x.y" });
  assert.deepEqual([unknown.status, unknown.body], [200, { error: "invalid_code" }]);
});

test("item 3: a code lives as long as set, three minutes by default, and needs no redirect_uri", async () => {
  const fresh = emulator.generateCode();
  emulator.clock.advance(179_999);
  const inTime = await desk.token({ grant_type: "authorization_code", ...client, code: fresh });
  assert.equal(inTime.body["error"], undefined);
  const late = emulator.generateCode();
  emulator.clock.advance(180_000);
  assert.equal(
    (await desk.token({ grant_type: "authorization_code", ...client, code: late })).body["error"],
    "invalid_code",
  );
  emulator.settings.codeLifeMs = 1000;
  const short = emulator.generateCode();
  emulator.clock.advance(1000);
  assert.equal(
    (await desk.token({ grant_type: "authorization_code", ...client, code: short })).body["error"],
    "invalid_code",
  );
  emulator.settings.codeLifeMs = 180_000;
});

test("item 4: a refresh gives an access token and no refresh token; an unknown one is invalid_code (a revoked one: item 11)", async () => {
  const { refresh_token: refresh } = await desk.grant();
  const refreshed = await desk.token({ grant_type: "refresh_token", ...client, refresh_token: shown(refresh) });
  assert.equal(refreshed.status, 200);
  assert.equal(await statusWith(refreshed.body["access_token"]), 200);
  assert.equal("refresh_token" in refreshed.body, false);
  const unknown = await desk.token({ grant_type: "refresh_token", ...client, refresh_token: "1000.no.no" });
  assert.deepEqual([unknown.status, unknown.body], [200, { error: "invalid_code" }]);
});

test("item 5: a wrong client id is invalid_client, a wrong secret invalid_client_secret, with status 200 or as set", async () => {
  const code = emulator.generateCode();
  const wrongId = await desk.token({ grant_type: "authorization_code", ...client, client_id: "1000.OTHER", code });
  assert.deepEqual([wrongId.status, wrongId.body], [200, { error: "invalid_client" }]);
  const wrongSecret = await desk.token({ grant_type: "authorization_code", ...client, client_secret: "no", code });
  assert.deepEqual([wrongSecret.status, wrongSecret.body], [200, { error: "invalid_client_secret" }]);
  emulator.settings.oauthErrorStatus = 400;
  assert.equal((await desk.token({ grant_type: "authorization_code", ...client, client_id: "x", code })).status, 400);
  emulator.settings.oauthErrorStatus = 200;
  assert.equal((await desk.token({ grant_type: "password", ...client })).body["error"], "unsupported_grant_type");
});

test("item 6: the eleventh access token of a refresh token kills the oldest", async () => {
  const granted = await desk.grant();
  const refresh = { grant_type: "refresh_token", ...client, refresh_token: shown(granted["refresh_token"]) };
  for (let made = 1; made < 10; made += 1) await desk.token(refresh);
  assert.equal(await statusWith(granted["access_token"]), 200);
  emulator.clock.advance(600_000);
  const eleventh = await desk.token(refresh);
  assert.equal(await statusWith(eleventh.body["access_token"]), 200);
  const killed = await desk.call("/departments", {
    headers: { Authorization: `Zoho-oauthtoken ${shown(granted["access_token"])}` },
  });
  assert.deepEqual([killed.status, killed.body["errorCode"]], [401, "INVALID_OAUTH"]);
});

test("item 7: the eleventh token request within ten minutes is refused with 400 until the window ends", async () => {
  const granted = await desk.grant();
  const refresh = { grant_type: "refresh_token", ...client, refresh_token: shown(granted["refresh_token"]) };
  const before = emulator.stats.snapshot().breaches.tokenRefused.count;
  for (let made = 1; made < 10; made += 1) assert.equal((await desk.token(refresh)).status, 200);
  const refused = await desk.token(refresh);
  assert.equal(refused.status, 400);
  assert.equal(refused.body["error"], "Access Denied");
  assert.equal(refused.body["status"], "failure");
  emulator.clock.advance(599_000);
  assert.equal((await desk.token(refresh)).status, 400);
  emulator.clock.advance(1_000);
  assert.equal((await desk.token(refresh)).status, 200);
  assert.equal(emulator.stats.snapshot().breaches.tokenRefused.count, before + 2);
  assert.ok(emulator.stats.snapshot().maxTokenRequestsInTenMinutes >= 11);
});

test("item 8: the twenty-first refresh token deletes the oldest silently", async () => {
  const oldest = await desk.grant();
  for (let made = 1; made < 20; made += 1) await desk.grant();
  const refresh = { grant_type: "refresh_token", ...client, refresh_token: shown(oldest["refresh_token"]) };
  assert.equal((await desk.token(refresh)).body["error"], undefined);
  await desk.grant();
  assert.equal((await desk.token(refresh)).body["error"], "invalid_code");
  assert.equal(await statusWith(oldest["access_token"]), 401);
});

test("item 9: an access token is refused after 3600 seconds of the emulator's clock", async () => {
  const granted = await desk.grant();
  emulator.clock.advance(3_599_999);
  assert.equal(await statusWith(granted["access_token"]), 200);
  emulator.clock.advance(1);
  assert.equal(await statusWith(granted["access_token"]), 401);
});

test("item 10: client_credentials with the organization's soid gives an access token only; another soid is invalid_soid", async () => {
  const ask = {
    grant_type: "client_credentials",
    ...client,
    scope: "Desk.basic.READ",
    soid: `ZohoDesk.${emulator.orgId}`,
  };
  const granted = await desk.token(ask);
  assert.equal("refresh_token" in granted.body, false);
  assert.equal(await statusWith(granted.body["access_token"]), 200);
  const other = await desk.token({ ...ask, soid: "ZohoDesk.1" });
  assert.deepEqual([other.status, other.body], [200, { error: "invalid_soid" }]);
});

test("item 11: revoking a refresh token kills it and its access tokens", async () => {
  const granted = await desk.grant();
  const revoke = await fetch(`${emulator.url}/oauth/v2/token/revoke?token=${shown(granted["refresh_token"])}`, {
    method: "POST",
  });
  assert.equal(revoke.status, 200);
  assert.equal(await statusWith(granted["access_token"]), 401);
  const again = await desk.token({
    grant_type: "refresh_token",
    ...client,
    refresh_token: shown(granted["refresh_token"]),
  });
  assert.equal(again.body["error"], "invalid_code");
});
