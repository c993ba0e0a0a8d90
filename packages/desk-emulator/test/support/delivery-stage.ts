import { createPublicKey, verify } from "node:crypto";
import { afterEach } from "node:test";
import { shown } from "../../src/json.ts";
import type { Row } from "../../src/index.ts";
import { startDesk } from "./desk.ts";
import { startReceiver, type Received, type Receiver } from "./receiver.ts";

/** A Desk, a webhook of one test, and the means to make it send contacts and to read what came. */
export const desk = await startDesk();
export const { emulator } = desk;
export const { store, webhookControls: controls } = emulator;
let hook = "";

export async function listen(subscriptions: Row = { Contact_Add: null }): Promise<Receiver> {
  const receiver = await startReceiver();
  hook = shown((await desk.post("/webhooks", { url: receiver.url, subscriptions })).body["id"]);
  return receiver;
}

/** Id of the webhook of this test. */
export function hookId(): string {
  return hook;
}

afterEach(async () => {
  await desk.call(`/webhooks/${hook}`, { method: "DELETE" });
});

export function addContacts(count: number): string[] {
  return Array.from({ length: count }, (_none, index) => {
    store.create("contacts", { lastName: `Nr. ${index}` });
    return `Nr. ${index}`;
  });
}

export function names(receiver: Receiver): string[] {
  return receiver.events().map((event) => shown(event.payload["lastName"]));
}

interface Jwt {
  readonly header: Row;
  readonly claims: Row;
  /** Whether a key of the key set with the JWT's kid made the signature. */
  readonly isGenuine: boolean;
}

export async function readJwt({ headers }: Received): Promise<Jwt> {
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

export async function oneJwt(receiver: Receiver): Promise<Jwt> {
  addContacts(1);
  await controls.idle();
  return await readJwt(receiver.deliveries().at(-1) as Received);
}
