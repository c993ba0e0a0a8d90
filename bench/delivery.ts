import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { DeskEmulator } from "@deskmirror/desk-emulator";

/** Makes bodies of deliveries like the one that Desk sent, each of another ticket. */
export type MakeBody = (index: number) => string;

/** Lets the emulated Desk create a ticket, and takes the delivery as the pattern of others. */
export async function learnDelivery(desk: DeskEmulator): Promise<MakeBody> {
  const bodies = Promise.withResolvers<string>();
  const server = createServer((req, res) => {
    res.end();
    // Desk looks whether the URL answers before it takes it, without an event.
    void text(req).then((body) => body.length > 2 && bodies.resolve(body));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const headers = { authorization: `Zoho-oauthtoken ${await tokenOf(desk)}`, "content-type": "application/json" };
  const init = { method: "POST", headers: { ...headers, orgId: desk.orgId } };
  const webhook = JSON.stringify({ name: "bench", url, subscriptions: { Ticket_Add: null } });
  const answer = await fetch(`${desk.url}/api/v1/webhooks`, { ...init, body: webhook });
  if (!answer.ok) throw new Error(`the emulator refused the webhook: ${await answer.text()}`);
  desk.workload({ changesPerSecond: 0, mix: { ticketCreate: 1 } }).run(1);
  const body = await bodies.promise;
  await desk.webhookControls.idle();
  server.close();
  const [event] = JSON.parse(body) as { payload: { id: string } }[];
  const parts = body.split(`"${event?.payload.id}"`);
  return (index) => parts.join(`"${9_000_000_000_000 + index}"`);
}

async function tokenOf(desk: DeskEmulator): Promise<string> {
  const client = { client_id: desk.clientId, client_secret: desk.clientSecret };
  const body = new URLSearchParams({ grant_type: "authorization_code", code: desk.generateCode(), ...client });
  const answer = await fetch(`${desk.url}/oauth/v2/token`, { method: "POST", body });
  const { access_token: token } = (await answer.json()) as { access_token: string };
  return token;
}
