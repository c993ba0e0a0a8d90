import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { inspect } from "node:util";
import { CreditsError, PermanentError, TransientError } from "@deskmirror/model";
import { toGrantId } from "../src/oauth/grant-id.ts";
import { asked, createWorld } from "./support/world.ts";
import type { World } from "./support/world.ts";

let world: World;
before(async () => {
  world = await createWorld({ tickets: 20 });
});
after(() => world.desk.close());
afterEach(() => {
  world.desk.faults.clear();
  world.desk.faults.revokedScopes.clear();
});

const match = "GET /tickets/search";

for (const kind of ["status500", "html", "truncated", "dropBefore", "dropAfter", "concurrency"] as const) {
  test(`a search that meets ${kind} twice is asked again and gives its rows`, async () => {
    world.desk.faults.add({ kind, match, times: 2 });
    const { changes, shortfalls } = await world.readAll("tickets");
    assert.ok(changes.size > 0);
    assert.deepEqual(shortfalls, []);
  });
}

test("a fault that stays ends in a transient error after four sends", async () => {
  world.desk.stats.reset();
  world.desk.faults.add({ kind: "truncated", match, times: 100 });
  await assert.rejects(
    world.readAll("tickets"),
    (error) => error instanceof TransientError && error.code === "UNREADABLE",
  );
  assert.equal(world.desk.stats.snapshot().requests["GET /tickets/search"], 4);
});

test("what is written is never sent twice", async () => {
  world.desk.stats.reset();
  world.desk.faults.add({ kind: "dropAfter", match: "POST /webhooks", times: 1 });
  const url = "http://127.0.0.1:9/hook";
  await assert.rejects(world.zoho.subscriptions.create(url, ["Ticket_Add"], asked), { name: "TransientError" });
  assert.equal(world.desk.stats.snapshot().requests["POST /webhooks"], 1);
});

test("a token that Zoho forgot is renewed once and nobody notices", async () => {
  world.desk.stats.reset();
  world.desk.faults.add({ kind: "unauthorized", match, times: 1 });
  await Promise.all([world.readAll("tickets"), world.readAll("tickets")]);
  assert.equal(world.desk.stats.snapshot().tokenRequests, 1);
});

test("two fresh tokens refused end in INVALID_OAUTH, which says to authorize again", async () => {
  const own = await createWorld({ tickets: 1 });
  own.desk.faults.add({ kind: "unauthorized", times: 100 });
  await assert.rejects(own.zoho.count("tickets", asked), (error) => {
    assert.ok(error instanceof PermanentError && error.code === "INVALID_OAUTH");
    return /authorize this source again/.test(error.message);
  });
  assert.ok(own.desk.stats.snapshot().tokenRequests <= 4);
  await own.desk.close();
});

test("credits used up are said at once with the time, and reach the throttle", async () => {
  world.desk.faults.add({ kind: "credits", match, times: 1 });
  await assert.rejects(world.readAll("tickets"), (error) => {
    assert.ok(error instanceof CreditsError && error.retryAfterMs !== null && error.retryAfterMs > 0);
    return true;
  });
  const usage = world.throttle.usages.at(-1);
  assert.equal(usage?.refused, "day");
  assert.ok(usage?.retryAfterMs !== null);
});

test("each answer's weight and remainder reach the throttle, under the purpose of the call", async () => {
  await world.zoho.count("tickets", { ...asked, purpose: "live" });
  const usage = world.throttle.usages.at(-1);
  assert.deepEqual([usage?.purpose, usage?.weight, usage?.refused], ["live", 1, null]);
  assert.ok(usage !== undefined && usage.remaining !== null && usage.remaining > 1000);
});

test("a call that is aborted ends at once", async () => {
  world.desk.faults.add({ kind: "hang", match, times: 1 });
  const abort = new AbortController();
  const reading = world.zoho.page("tickets", (await world.zoho.plan("departments", [], asked))[0]!, {
    purpose: "pull",
    signal: AbortSignal.abort(new Error("enough")),
  });
  await assert.rejects(reading, /enough/);
  const hanging = world.zoho.plan("tickets", [], { purpose: "pull", signal: abort.signal });
  setTimeout(() => abort.abort(new Error("stop")), 50);
  await assert.rejects(hanging, /stop/);
});

test("a scope that is lost names itself and the table", async () => {
  world.desk.faults.revokedScopes.add("Desk.search.READ");
  await assert.rejects(world.readAll("tickets"), (error) => {
    assert.ok(error instanceof PermanentError && error.code === "SCOPE_MISMATCH");
    return /Desk\.search\.READ.*table tickets/.test(error.message);
  });
  assert.deepEqual((await world.readAll("departments")).shortfalls, []);
});

test("an organization that is not the grant's says what to do", async () => {
  const other = world.again({ orgId: "1" });
  await assert.rejects(other.count("departments", asked), { code: "OAUTH_ORG_MISMATCH", message: /the right orgId/ });
  await assert.rejects(other.organization(asked), {
    code: "OAUTH_ORG_MISMATCH",
    message: new RegExp(world.desk.orgId),
  });
});

test("a dead grant is refused, remembered, and says how to go on", async () => {
  const dead = world.again({ refreshToken: "1000.dead.dead" });
  await assert.rejects(dead.count("tickets", asked), { name: "PermanentError", code: "invalid_code" });
  world.desk.stats.reset();
  await assert.rejects(dead.count("tickets", asked), { code: "invalid_code", message: /generate a new code/ });
  assert.equal(world.desk.stats.snapshot().tokenRequests, 0);
});

test("a source that was never authorized says so", async () => {
  await assert.rejects(world.again({ refreshToken: null }).count("tickets", asked), { code: "NOT_AUTHORIZED" });
});

test("no error holds a token, a secret or a grant", async () => {
  const stored = await world.tokens.store.read(toGrantId(world.source.refreshToken!));
  assert.ok(stored);
  const secrets = [world.source.clientSecret, world.source.refreshToken!, stored.token];
  for (const kind of ["dropBefore", "html", "credits"] as const) {
    world.desk.faults.add({ kind, times: 4 });
    const error: unknown = await world.zoho.count("tickets", asked).catch((thrown: unknown) => thrown);
    world.desk.faults.clear();
    assert.ok(error instanceof TransientError, kind);
    const text = inspect(error, { depth: 20, showHidden: true });
    for (const secret of secrets) assert.equal(text.includes(secret), false, `${kind} shows a secret`);
  }
});
