import assert from "node:assert/strict";
import { test } from "node:test";
import { emulator, controls, listen, addContacts, names, hookId, oneJwt } from "./support/delivery-stage.ts";

test("item 47: the next deliveries can be dropped, doubled, delayed and reversed", async () => {
  const receiver = await listen();
  emulator.stats.reset();
  controls.dropNext(1);
  addContacts(2);
  await controls.idle();
  assert.deepEqual(names(receiver), ["Nr. 1"]);
  controls.duplicateNext(1);
  addContacts(2);
  await controls.idle();
  assert.deepEqual(names(receiver).slice(1), ["Nr. 0", "Nr. 0", "Nr. 1"]);
  controls.delayNext(1, 80);
  const started = performance.now();
  addContacts(1);
  await controls.idle();
  assert.ok(performance.now() - started >= 78);
  controls.reorderNext(3);
  addContacts(3);
  await controls.idle();
  assert.deepEqual(names(receiver).slice(5), ["Nr. 2", "Nr. 1", "Nr. 0"]);
  const { dropped, doubled, ok } = emulator.stats.snapshot().deliveries["Contact_Add"] ?? {};
  assert.deepEqual([dropped, doubled, ok], [1, 1, 8]);
});

test("item 47: dropping and doubling can last, with a probability each", async () => {
  const receiver = await listen();
  emulator.stats.reset();
  controls.set({ dropRate: 0.2, duplicateRate: 0.3 });
  addContacts(200);
  await controls.idle();
  controls.set({ dropRate: 0, duplicateRate: 0 });
  const { dropped = 0, doubled = 0, sent = 0 } = emulator.stats.snapshot().deliveries["Contact_Add"] ?? {};
  assert.ok(dropped > 20 && dropped < 60, `${dropped} dropped`);
  assert.ok(doubled > 25 && doubled < 80, `${doubled} doubled`);
  assert.equal(sent, 200 - dropped + doubled);
  assert.equal(receiver.deliveries().length, sent);
});

test("item 47: the next JWT can be forged, expired, for another audience or issuer, of an unknown key, or missing", async () => {
  const receiver = await listen();
  const now = Math.floor(emulator.clock.now() / 1000);
  controls.forgeNext(1, "signature");
  assert.equal((await oneJwt(receiver)).isGenuine, false);
  controls.forgeNext(1, "expired");
  const expired = await oneJwt(receiver);
  assert.ok(expired.isGenuine && Number(expired.claims["exp"]) < now);
  controls.forgeNext(1, "audience");
  const audience = await oneJwt(receiver);
  assert.ok(audience.isGenuine && audience.claims["aud"] !== `webhookId:${hookId()}`);
  controls.forgeNext(1, "issuer");
  const issuer = await oneJwt(receiver);
  assert.ok(issuer.isGenuine && issuer.claims["iss"] !== `orgId:${emulator.orgId}`);
  controls.forgeNext(1, "unknownKey");
  assert.equal((await oneJwt(receiver)).isGenuine, false);
  controls.forgeNext(1, "missing");
  addContacts(1);
  await controls.idle();
  assert.equal(receiver.requests.at(-1)?.headers["x-zdesk-jwt"], undefined);
  assert.equal((await oneJwt(receiver)).isGenuine, true);
});

test("item 47: an empty array, a batch of 100 and a body that is no array can be sent", async () => {
  const receiver = await listen();
  const event = { eventType: "Contact_Add", eventTime: "1", orgId: emulator.orgId, payload: { id: "1" } };
  for (const body of ["[]", JSON.stringify(Array.from({ length: 100 }, () => event)), "workflow says hello"]) {
    assert.equal(await controls.sendRaw(hookId(), body), 200);
    assert.equal(receiver.deliveries().at(-1)?.text, body);
  }
  assert.equal(await controls.sendRaw("410000000000000001", "[]"), null);
});
