import assert from "node:assert/strict";
import { test } from "node:test";
import { shown } from "../src/json.ts";
import { newTicket, startDesk } from "./support/desk.ts";

const desk = await startDesk();
const { emulator } = desk;

async function withScopes(scopes: readonly string[], path: string, method = "GET"): Promise<number> {
  const granted = await desk.grant(scopes);
  const headers = { Authorization: `Zoho-oauthtoken ${shown(granted["access_token"])}` };
  return (await desk.call(path, { method, headers })).status;
}

test("item 12: no token and a bad token are 401 INVALID_OAUTH; Zoho-oauthtoken and Bearer both work", async () => {
  const without = await desk.call("/departments", { headers: { Authorization: null } });
  assert.deepEqual([without.status, without.body["errorCode"]], [401, "INVALID_OAUTH"]);
  const bad = await desk.call("/departments", { headers: { Authorization: "Zoho-oauthtoken 1000.no.no" } });
  assert.deepEqual([bad.status, bad.body["errorCode"]], [401, "INVALID_OAUTH"]);
  emulator.settings.missingTokenCode = "UNAUTHORIZED";
  const named = await desk.call("/departments", { headers: { Authorization: null } });
  assert.equal(named.body["errorCode"], "UNAUTHORIZED");
  emulator.settings.missingTokenCode = "INVALID_OAUTH";
  const { access_token: token } = await desk.grant();
  for (const scheme of ["Zoho-oauthtoken", "Bearer"]) {
    assert.equal(
      (await desk.call("/departments", { headers: { Authorization: `${scheme} ${shown(token)}` } })).status,
      200,
    );
  }
  assert.equal((await desk.call("/departments", { headers: { Authorization: `Basic ${shown(token)}` } })).status, 401);
});

test("item 13: orgId may be missing as set, must be digits (500), and must be the token's organization (403)", async () => {
  const missing = () => desk.call("/departments", { headers: { orgId: null } });
  assert.equal((await missing()).status, 200);
  emulator.settings.missingOrgId = "unprocessable";
  assert.equal((await missing()).status, 422);
  emulator.settings.missingOrgId = "forbidden";
  assert.equal((await missing()).status, 403);
  assert.equal((await desk.call("/organizations", { headers: { orgId: null } })).status, 200);
  assert.equal((await desk.call(`/departments?orgId=${emulator.orgId}`, { headers: { orgId: null } })).status, 200);
  emulator.settings.missingOrgId = "accepted";
  const word = await desk.call("/departments", { headers: { orgId: "acme" } });
  assert.deepEqual([word.status, word.body["errorCode"]], [500, "INTERNAL_SERVER_ERROR"]);
  const other = await desk.call("/departments", { headers: { orgId: "1234567" } });
  assert.deepEqual([other.status, other.body["errorCode"]], [403, "OAUTH_ORG_MISMATCH"]);
});

test("item 14: a missing scope is 403 SCOPE_MISMATCH; ALL covers each verb; one listed group is enough; search needs both", async () => {
  const granted = await desk.grant(["Desk.contacts.READ"]);
  const refused = await desk.call("/tickets", {
    headers: { Authorization: `Bearer ${shown(granted["access_token"])}` },
  });
  assert.deepEqual([refused.status, refused.body["errorCode"]], [403, "SCOPE_MISMATCH"]);
  assert.equal(await withScopes(["Desk.tickets.READ"], "/tickets"), 200);
  assert.equal(await withScopes(["Desk.tickets.ALL"], "/tickets"), 200);
  assert.equal(await withScopes(["Desk.tickets.CREATE"], "/tickets"), 403);
  assert.equal(await withScopes(["Desk.settings.READ"], "/departments"), 200);
  assert.equal(await withScopes(["Desk.basic.READ"], "/departments"), 200);
  assert.equal(await withScopes(["Desk.tickets.READ"], "/tickets/search"), 403);
  assert.equal(await withScopes(["Desk.search.READ"], "/tickets/search"), 403);
  assert.equal(await withScopes(["Desk.tickets.READ", "Desk.search.READ"], "/tickets/search"), 200);
  assert.equal(await withScopes(["Desk.tickets.READ"], `/tickets/${desk.any("tickets").key}`, "PATCH"), 403);
});

test("item 15: unknown paths and records are 404, a wrong verb 405, empty and broken JSON 422", async () => {
  const nowhere = await desk.call("/nowhere");
  assert.deepEqual([nowhere.status, nowhere.body["errorCode"]], [404, "URL_NOT_FOUND"]);
  const unknown = await desk.call("/tickets/410000000000000001");
  assert.deepEqual([unknown.status, unknown.body["errorCode"]], [404, "URL_NOT_FOUND"]);
  assert.equal((await desk.call("/tickets/410000000000000001/threads")).status, 404);
  const verb = await desk.call("/tickets", { method: "DELETE" });
  assert.deepEqual([verb.status, verb.body["errorCode"]], [405, "METHOD_NOT_ALLOWED"]);
  const empty = await desk.post("/tickets", "");
  assert.deepEqual([empty.status, empty.body["errorCode"]], [422, "EMPTY_PAYLOAD"]);
  const broken = await desk.post("/tickets", "{nonsense");
  assert.deepEqual([broken.status, broken.body["errorCode"]], [422, "INVALID_DATA"]);
  const lacking = await desk.post("/tickets", { subject: "no contact", unknownKey: 1 });
  assert.equal(lacking.body["errorCode"], "INVALID_DATA");
  assert.deepEqual(lacking.body["errors"], [
    { fieldName: "/departmentId", errorType: "missing", errorMessage: "" },
    { fieldName: "/contactId", errorType: "missing", errorMessage: "" },
    { fieldName: "/unknownKey", errorType: "invalid", errorMessage: "" },
  ]);
});

test("item 16: an unknown query parameter is 422 and a breach that the server counts", async () => {
  for (const name of ["modifiedTimeRange", "sortOrder"]) {
    const answer = await desk.call(`/tickets?${name}=x`);
    assert.equal(answer.status, 422);
    assert.equal(answer.body["errorCode"], "UNPROCESSABLE_ENTITY");
    assert.equal(answer.body["message"], `Extra query parameter '${name}' is present in the input.`);
  }
  assert.equal((await desk.call("/agents?sortOrder=desc")).status, 200);
  assert.equal((await desk.call("/tickets/search?fields=id")).status, 422);
  assert.equal((await desk.call("/tickets/search?include=contacts")).status, 422);
  const { count, examples } = emulator.stats.snapshot().breaches.unknownParameter;
  assert.equal(count, 4);
  assert.match(shown(examples.at(-1)?.["call"]), /^GET \/tickets\/search\?include=contacts/);
});

test("items 12 to 16 are checked in their order: token, organization, scope, path and record, parameters", async () => {
  const noToken = await desk.call("/nowhere?x=1", { headers: { Authorization: null, orgId: "word" } });
  assert.equal(noToken.status, 401);
  assert.equal((await desk.call("/nowhere?x=1", { headers: { orgId: "word" } })).status, 500);
  const { access_token: token } = await desk.grant(["Desk.contacts.READ"]);
  const scoped = { headers: { Authorization: `Bearer ${shown(token)}` } };
  assert.equal((await desk.call("/tickets/410000000000000001?x=1", scoped)).status, 403);
  assert.equal((await desk.call("/tickets/410000000000000001?x=1")).status, 404);
  assert.equal((await desk.call(`/tickets/${desk.any("tickets").key}?x=1`)).status, 422);
  assert.equal((await desk.call("/tickets?x=1", { method: "POST", body: newTicket(desk) })).status, 422);
});
