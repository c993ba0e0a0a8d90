import assert from "node:assert/strict";
import { test } from "node:test";
import {
  desk,
  emulator,
  store,
  controls,
  listen,
  addContacts,
  names,
  hookId,
  readJwt,
  oneJwt,
} from "./support/delivery-stage.ts";
import { newTicket } from "./support/desk.ts";
import { until, type Received } from "./support/receiver.ts";

const { settings } = emulator;

test("item 40: X-ZDesk-JWT is RS256 with a kid of the key set, iss, aud, and iat and exp in seconds or ms as set", async () => {
  const receiver = await listen();
  const { header, claims, isGenuine } = await oneJwt(receiver);
  assert.equal(isGenuine, true);
  assert.equal(header["alg"], "RS256");
  const seconds = Math.floor(emulator.clock.now() / 1000);
  assert.deepEqual(claims, {
    iss: `orgId:${emulator.orgId}`,
    aud: `webhookId:${hookId()}`,
    iat: seconds,
    exp: seconds + 300,
  });
  settings.jwtTimes = "milliseconds";
  const inMs = await oneJwt(receiver);
  settings.jwtTimes = "seconds";
  assert.deepEqual([inMs.claims["iat"], inMs.claims["exp"]], [seconds * 1000, (seconds + 300) * 1000]);
  assert.equal(inMs.isGenuine, true);
});

test("item 40: the key rotates on command; the old one stays in the key set or leaves it", async () => {
  const receiver = await listen();
  const first = await oneJwt(receiver);
  controls.rotateKey();
  const second = await oneJwt(receiver);
  assert.notEqual(second.header["kid"], first.header["kid"]);
  const [old] = receiver.deliveries();
  assert.equal((await readJwt(old as Received)).isGenuine, true);
  controls.rotateKey({ dropOld: true });
  assert.equal((await readJwt(old as Received)).isGenuine, false);
  assert.equal((await oneJwt(receiver)).isGenuine, true);
});

test("item 41: 200 within the deadline is done, anything else failed and not sent again", async () => {
  const receiver = await listen();
  emulator.stats.reset();
  settings.webhookDeadlineMs = 400;
  const answers = [{ status: 200 }, { status: 202 }, { status: 500 }, { status: 200, afterMs: 900 }];
  let next = 0;
  receiver.answer = () => answers[next++] ?? { status: 200 };
  addContacts(5);
  await controls.idle();
  settings.webhookDeadlineMs = 5000;
  assert.equal(receiver.deliveries().length, 5);
  const { sent, ok, failed } = emulator.stats.snapshot().deliveries["Contact_Add"] ?? {};
  assert.deepEqual([sent, ok, failed], [5, 2, 3]);
});

test("item 41: a 410 deletes the webhook", async () => {
  const receiver = await listen();
  receiver.answer = () => ({ status: 410 });
  addContacts(3);
  await controls.idle();
  assert.equal(receiver.deliveries().length, 1);
  assert.equal((await desk.call(`/webhooks/${hookId()}`)).status, 404);
});

test("item 41: as set, a failed delivery is tried again after each delay until it is answered 200", async () => {
  const receiver = await listen();
  settings.webhookRetryDelaysMs = [20, 20, 20];
  let calls = 0;
  receiver.answer = () => ({ status: (calls += 1) < 3 ? 503 : 200 });
  addContacts(1);
  await controls.idle();
  settings.webhookRetryDelaysMs = [];
  assert.deepEqual(names(receiver), ["Nr. 0", "Nr. 0", "Nr. 0"]);
});

test("item 42: one module's events arrive in order, also when answers take different times", async () => {
  const receiver = await listen();
  receiver.answer = (_request, index) => ({ status: 200, afterMs: index % 3 === 0 ? 20 : 0 });
  const sent = addContacts(12);
  await controls.idle();
  assert.deepEqual(names(receiver), sent);
});

test("item 42: other modules do not wait for a slow one", async () => {
  const receiver = await listen({ Contact_Add: null, Ticket_Add: null });
  receiver.answer = ({ text }) => ({ status: 200, afterMs: text.includes("Contact_Add") ? 800 : 0 });
  addContacts(2);
  for (let made = 0; made < 3; made += 1) store.create("tickets", newTicket(desk));
  await until(() => receiver.events().filter((event) => event.eventType === "Ticket_Add").length === 3, "the tickets");
  assert.equal(receiver.events().filter((event) => event.eventType === "Contact_Add").length, 1);
  await controls.idle();
});

test("item 42: after a failure later events overtake the one that waits for its retry, or wait with it, as set", async () => {
  const receiver = await listen();
  settings.webhookRetryDelaysMs = [300];
  for (const [overtake, expected] of [
    [true, ["Nr. 0", "Nr. 1", "Nr. 2", "Nr. 0"]],
    [false, ["Nr. 0", "Nr. 0", "Nr. 1", "Nr. 2"]],
  ] as const) {
    settings.overtakeAfterFailure = overtake;
    receiver.requests.length = 0;
    let calls = 0;
    receiver.answer = () => ({ status: (calls += 1) === 1 ? 500 : 200 });
    addContacts(3);
    await controls.idle();
    assert.deepEqual(names(receiver), expected);
  }
  Object.assign(settings, { webhookRetryDelaysMs: [], overtakeAfterFailure: true });
});

test("item 42: the shuffle switch lets everything arrive once in another order", async () => {
  const receiver = await listen();
  controls.set({ shuffle: true, shuffleWindowMs: 100 });
  const sent = addContacts(30);
  await controls.idle();
  controls.set({ shuffle: false });
  assert.notDeepEqual(names(receiver), sent);
  assert.deepEqual(names(receiver).toSorted(), sent.toSorted());
});

test("many deliveries leave one lane in order, and several lanes when set; their rate is printed", async (context) => {
  const receiver = await listen();
  const started = performance.now();
  const sent = addContacts(600);
  await controls.idle();
  const perSecond = Math.round(600 / ((performance.now() - started) / 1000));
  context.diagnostic(`one lane: ${perSecond} deliveries/s`);
  assert.deepEqual(names(receiver), sent);
  receiver.requests.length = 0;
  settings.lanesPerModule = 4;
  addContacts(100);
  await controls.idle();
  settings.lanesPerModule = 1;
  assert.notDeepEqual(names(receiver), sent.slice(0, 100));
  assert.deepEqual(names(receiver).toSorted(), sent.slice(0, 100).toSorted());
});
