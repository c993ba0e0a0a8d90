import assert from "node:assert/strict";
import { test } from "node:test";
import { shown, type Json } from "../src/json.ts";
import type { Row } from "../src/index.ts";
import { iso, newTicket, startDesk } from "./support/desk.ts";
import { startReceiver } from "./support/receiver.ts";

const desk = await startDesk();
const { emulator } = desk;

async function remove(id: Json | undefined): Promise<void> {
  assert.equal((await desk.call(`/webhooks/${shown(id)}`, { method: "DELETE" })).status, 200);
}

async function errorsOf(body: Row): Promise<string[]> {
  const answer = await desk.post("/webhooks", body);
  assert.equal(answer.status, 422, answer.text);
  assert.equal(answer.body["errorCode"], "INVALID_DATA");
  return (answer.body["errors"] as readonly Row[]).map((error) => shown(error["fieldName"]));
}

const subscriptions = { Ticket_Add: null };

test("item 36: a webhook is made after its URL answered 200 to a GET, or else to a POST, neither with a JWT", async () => {
  const receiver = await startReceiver();
  const made = await desk.post("/webhooks", { name: "lager", url: receiver.url, subscriptions });
  assert.equal(made.status, 200);
  assert.deepEqual(
    receiver.requests.map((request) => request.method),
    ["GET"],
  );
  assert.deepEqual([made.body["type"], made.body["isEnabled"], made.body["name"]], ["CUSTOMER_WEBHOOK", true, "lager"]);
  assert.equal(made.body["createdTime"], iso(emulator.clock.now()));
  receiver.answer = ({ method }) => ({ status: method === "GET" ? 404 : 200 });
  const second = await desk.post("/webhooks", { url: receiver.url, subscriptions });
  assert.equal(second.status, 200);
  assert.deepEqual(
    receiver.requests.map((request) => request.method),
    ["GET", "GET", "POST"],
  );
  assert.ok(receiver.requests.every((request) => request.headers["x-zdesk-jwt"] === undefined));
  receiver.answer = () => ({ status: 204 });
  const refused = await desk.post("/webhooks", { url: receiver.url, subscriptions });
  assert.equal(refused.status, 422);
  assert.equal(
    refused.body["message"],
    "Validation failed for the condition : The endpoint failed to respond with status code 200",
  );
  assert.equal((await desk.call("/webhooks")).rows.length, 2);
  await remove(made.body["id"]);
  await remove(second.body["id"]);
});

test("item 36: event names, filter keys, fields, URL, port and lengths are checked", async () => {
  const url = "http://127.0.0.1:1/hook";
  assert.deepEqual(await errorsOf({ url }), ["/subscriptions"]);
  assert.deepEqual(await errorsOf({ subscriptions }), ["/url"]);
  assert.deepEqual(await errorsOf({ url, subscriptions: { Product_Add: null } }), ["/subscriptions/Product_Add"]);
  assert.deepEqual(await errorsOf({ url, subscriptions: { Ticket_Delete: { departmentIds: [] } } }), [
    "/subscriptions/Ticket_Delete/departmentIds",
  ]);
  assert.deepEqual(await errorsOf({ url, subscriptions: { Ticket_Thread_Add: { direction: "up" } } }), [
    "/subscriptions/Ticket_Thread_Add/direction",
  ]);
  const fields = ["a", "b", "c", "d", "e", "f"];
  assert.deepEqual(await errorsOf({ url, subscriptions: { Ticket_Update: { fields } } }), [
    "/subscriptions/Ticket_Update/fields",
  ]);
  assert.deepEqual(await errorsOf({ url: "ftp://example.org", subscriptions }), ["/url"]);
  assert.deepEqual(await errorsOf({ url: `http://example.org/${"x".repeat(500)}`, subscriptions }), ["/url"]);
  assert.deepEqual(await errorsOf({ url, subscriptions, name: "x".repeat(101), description: "x".repeat(3001) }), [
    "/name",
    "/description",
  ]);
  assert.deepEqual(await errorsOf({ url, subscriptions, includeEventsFrom: ["ROBOTS"] }), ["/includeEventsFrom"]);
  emulator.settings.webhookPortCheck = true;
  assert.deepEqual(await errorsOf({ url: "http://example.org:8080/hook", subscriptions }), ["/url"]);
  emulator.settings.webhookPortCheck = false;
});

test("item 36: a change needs subscriptions again, checks a new URL only, and allows it 100 characters", async () => {
  const receiver = await startReceiver();
  const { id } = (await desk.post("/webhooks", { url: receiver.url, subscriptions })).body;
  const path = `/webhooks/${shown(id)}`;
  assert.equal((await desk.patch(path, { name: "x" })).status, 422);
  assert.equal(
    (await desk.patch(path, { name: "neu", subscriptions: { Ticket_Add: null, Contact_Add: null } })).body["name"],
    "neu",
  );
  assert.equal(receiver.requests.length, 1);
  assert.equal((await desk.patch(path, { subscriptions, url: `${receiver.url}2` })).status, 200);
  assert.equal(receiver.requests.length, 2);
  assert.equal((await desk.patch(path, { subscriptions, url: `${receiver.url}?${"x".repeat(100)}` })).status, 422);
  assert.deepEqual((await desk.call(path)).body["subscriptions"], subscriptions);
  await remove(id);
  assert.equal((await desk.call(path)).status, 404);
});

test("item 37: an ignoreSourceId of UUID version 4 is refused as set, version 1 accepted; writes with that source are not sent", async () => {
  const receiver = await startReceiver();
  const v1 = "6a0ba1ee-c2f2-11f0-8de9-0242ac120002";
  const v4 = "6a0ba1ee-c2f2-41f0-8de9-0242ac120002";
  assert.deepEqual(await errorsOf({ url: receiver.url, subscriptions, ignoreSourceId: v4 }), ["/ignoreSourceId"]);
  emulator.settings.refuseV4SourceId = false;
  const lenient = await desk.post("/webhooks", { url: receiver.url, subscriptions, ignoreSourceId: v4 });
  assert.equal(lenient.status, 200);
  emulator.settings.refuseV4SourceId = true;
  await remove(lenient.body["id"]);
  const made = await desk.post("/webhooks", { url: receiver.url, subscriptions, ignoreSourceId: v1 });
  assert.equal(made.body["ignoreSourceId"], v1);
  await desk.post("/tickets", newTicket(desk, { subject: "eigenes" }), { sourceId: v1 });
  await desk.post("/tickets", newTicket(desk, { subject: "fremdes" }), { sourceId: v4 });
  await emulator.webhookControls.idle();
  assert.deepEqual(
    receiver.events().map((event) => event.payload["subject"]),
    ["fremdes"],
  );
  await remove(made.body["id"]);
});

test("item 38: more enabled webhooks than the edition allows are 403, more than twenty in all 422 or as set", async () => {
  const receiver = await startReceiver();
  const allowed = { free: 0, standard: 0, professional: 5, enterprise: 10, ultimate: 20 } as const;
  for (const [edition, count] of Object.entries(allowed) as [keyof typeof allowed, number][]) {
    const own = await startDesk({ edition, tickets: 0 });
    const add = (more: Row = {}) => own.post("/webhooks", { url: receiver.url, subscriptions, ...more });
    for (let made = 0; made < count; made += 1) assert.equal((await add()).status, 200);
    if (edition !== "ultimate") {
      const refused = await add();
      assert.deepEqual([refused.status, refused.body["errorCode"]], [403, "LICENSE_ACCESS_LIMITED"], edition);
      assert.deepEqual([refused.body["maxAllowedEntity"], refused.body["editionType"]], [count, edition.toUpperCase()]);
    }
    if (edition !== "enterprise") continue;
    const disabled = await add({ isEnabled: false });
    assert.equal(disabled.status, 200);
    const enabling = await own.patch(`/webhooks/${shown(disabled.body["id"])}`, { subscriptions, isEnabled: true });
    assert.equal(enabling.status, 403);
    for (let made = 11; made < 20; made += 1) assert.equal((await add({ isEnabled: false })).status, 200);
    assert.equal((await add({ isEnabled: false })).status, 422);
    own.emulator.settings.tooManyWebhooksStatus = 403;
    assert.equal((await add({ isEnabled: false })).status, 403);
  }
});
