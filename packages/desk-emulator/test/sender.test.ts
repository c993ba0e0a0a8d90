import assert from "node:assert/strict";
import { createPublicKey, verify } from "node:crypto";
import { afterEach, test } from "node:test";
import { shown } from "../src/json.ts";
import type { Row } from "../src/index.ts";
import { startDesk } from "./support/desk.ts";
import { startReceiver, type Received, type Receiver } from "./support/receiver.ts";

const desk = await startDesk();
const { emulator } = desk;
const { store, webhookControls: controls } = emulator;
let hook = "";

async function listen(subscriptions: Row = { Contact_Add: null }): Promise<Receiver> {
  const receiver = await startReceiver();
  hook = shown((await desk.post("/webhooks", { url: receiver.url, subscriptions })).body["id"]);
  return receiver;
}

afterEach(async () => {
  await desk.call(`/webhooks/${hook}`, { method: "DELETE" });
});

function addContacts(count: number): string[] {
  return Array.from({ length: count }, (_none, index) => {
    store.create("contacts", { lastName: `Nr. ${index}` });
    return `Nr. ${index}`;
  });
}

function names(receiver: Receiver): string[] {
  return receiver.events().map((event) => shown(event.payload["lastName"]));
}

interface Jwt {
  readonly header: Row;
  readonly claims: Row;
  /** Whether a key of the key set with the JWT's kid made the signature. */
  readonly isGenuine: boolean;
}

async function readJwt({ headers }: Received): Promise<Jwt> {
  const [head = "", body = "", signature = ""] = shown(headers["x-zdesk-jwt"]).split(".");
  const decode = (part: string) => JSON.parse(Buffer.from(part, "base64url").toString()) as Row;
  const jwks = (await (await fetch(`${emulator.url}/.well-known/jwks.json`)).json()) as {
    keys: { kid: string; kty: string; n: string; e: string }[];
  };
  const header = decode(head);
  const key = jwks.keys.find(({ kid }) => kid === header["kid"]);
  const isGenuine =
    key !== undefined &&
    verify(
      "RSA-SHA256",
      Buffer.from(`${head}.${body}`),
      createPublicKey({ key, format: "jwk" }),
      Buffer.from(signature, "base64url"),
    );
  return { header, claims: decode(body), isGenuine };
}

async function oneJwt(receiver: Receiver): Promise<Jwt> {
  addContacts(1);
  await controls.idle();
  return await readJwt(receiver.deliveries().at(-1) as Received);
}

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
  assert.ok(audience.isGenuine && audience.claims["aud"] !== `webhookId:${hook}`);
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
    assert.equal(await controls.sendRaw(hook, body), 200);
    assert.equal(receiver.deliveries().at(-1)?.text, body);
  }
  assert.equal(await controls.sendRaw("410000000000000001", "[]"), null);
});
