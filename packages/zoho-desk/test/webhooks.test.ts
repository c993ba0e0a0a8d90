import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { PermanentError, parseJson } from "@deskmirror/model";
import type { Change, Interpretation, JsonValue } from "@deskmirror/model";
import { specOf } from "../src/scopes.ts";
import { fetchJwks } from "../src/jwks.ts";
import { verify } from "../src/signature.ts";
import { asked, createWorld } from "./support/world.ts";
import type { World } from "./support/world.ts";

/** A receiver that keeps what Zoho delivers. */
interface Receiver {
  readonly url: string;
  readonly events: Interpretation[];
  readonly tokens: string[];
  status: number;
  stop(): void;
}

async function startReceiver(interpret: (event: JsonValue) => Interpretation): Promise<Receiver> {
  const events: Interpretation[] = [];
  const tokens: string[] = [];
  const server: Server = createServer((request, response) => {
    let text = "";
    request.setEncoding("utf8");
    request.on("data", (part: string) => (text += part));
    request.on("end", () => {
      const body = text === "" ? [] : parseJson(text);
      if (Array.isArray(body)) events.push(...body.map((event: JsonValue) => interpret(event)));
      const token = request.headers["x-zdesk-jwt"];
      if (typeof token === "string") tokens.push(token);
      response.statusCode = receiver.status;
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const receiver: Receiver = {
    url: `http://127.0.0.1:${port}/hooks/k`,
    events,
    tokens,
    status: 200,
    stop: () => server.close(),
  };
  return receiver;
}

let world: World;
let receiver: Receiver;
before(async () => {
  world = await createWorld();
  receiver = await startReceiver((event) => world.zoho.interpret(event));
});
after(async () => {
  await world.desk.close();
  receiver.stop();
});

test("a webhook is created with every event of the wanted tables, read, changed and removed", async () => {
  const { subscriptions } = world.zoho;
  const events = subscriptions.eventsFor(["tickets", "contacts"]);
  assert.ok(events.includes("Ticket_Add") && events.includes("Contact_Delete") && !events.includes("Task_Add"));
  const created = await subscriptions.create(receiver.url, events, asked);
  assert.deepEqual([created.url, created.enabled], [receiver.url, true]);
  assert.deepEqual(created.events.toSorted(), events.toSorted());
  assert.deepEqual(await subscriptions.list(asked), [created]);
  const changed = await subscriptions.update(created.id, receiver.url, ["Ticket_Add"], asked);
  assert.deepEqual(changed.events, ["Ticket_Add"]);
  await subscriptions.remove(created.id, asked);
  await subscriptions.remove(created.id, asked);
  assert.deepEqual(await subscriptions.list(asked), []);
});

test("a URL that does not answer 200 is refused with what to do", async () => {
  receiver.status = 204;
  const events = world.zoho.subscriptions.eventsFor(["tickets"]);
  await assert.rejects(world.zoho.subscriptions.create(receiver.url, events, asked), {
    name: "PermanentError",
    message: /port 80 or 443/,
  });
  receiver.status = 200;
});

test("an edition without webhooks says so", async () => {
  const free = await createWorld({ edition: "free", tickets: 1 });
  await assert.rejects(free.zoho.subscriptions.create(receiver.url, ["Ticket_Add"], asked), (error) => {
    assert.ok(error instanceof PermanentError && error.code === "LICENSE_ACCESS_LIMITED");
    return /edition/.test(error.message);
  });
  await free.desk.close();
});

/** The tables that have events, each with a change of one of its records. */
const changes: readonly [string, Readonly<Record<string, string>>][] = [
  ["tickets", { subject: "Changed" }],
  ["contacts", { lastName: "Changed" }],
  ["accounts", { accountName: "Changed" }],
  ["departments", { description: "Changed" }],
  ["agents", { aboutInfo: "Changed" }],
  ["tasks", { subject: "Changed" }],
  ["calls", { subject: "Changed" }],
  ["events", { subject: "Changed" }],
  ["articles", { title: "Changed" }],
  ["ticket_comments", { content: "Changed" }],
  ["ticket_time_entries", { description: "Changed" }],
];

for (const [table, fields] of changes) {
  test(`an event of ${table} says of the record what a GET says`, async () => {
    const { desk, zoho } = world;
    const webhook = await zoho.subscriptions.create(receiver.url, zoho.subscriptions.eventsFor([table]), asked);
    const stored = table as "tickets";
    const record = [...desk.store.records(stored)].find((one) => !one.deleted && !one.archived)!;
    receiver.events.length = 0;
    desk.store.update(stored, record.key, fields);
    await desk.webhookControls.idle();
    const [event] = receiver.events;
    assert.ok(event?.kind === "change");
    assert.equal(event.stream, table);
    const got = await zoho.get(table, record.key, record.parentId, asked);
    assert.deepEqual([event.change.key, event.change.parentId], [got.key, got.parentId]);
    assert.equal(coreHash(event.change), coreHash(got));
    assert.equal(
      event.lacksDetail,
      event.change.op === "upsert" && event.change.detail?.version.startsWith("0".repeat(15)) === true,
    );
    await zoho.subscriptions.remove(webhook.id, asked);
  });
}

function coreHash(change: Change): string {
  assert.ok(change.op === "upsert" && change.core !== null, `${change.op} of ${change.key}`);
  return change.core.version.slice(32, 48);
}

test("a thread's event lacks its addresses, so the thread is asked for under its ticket", async () => {
  const { desk, zoho } = world;
  const webhook = await zoho.subscriptions.create(
    receiver.url,
    zoho.subscriptions.eventsFor(["ticket_threads"]),
    asked,
  );
  receiver.events.length = 0;
  const [ticket] = [...desk.store.records("tickets")].filter((one) => !one.deleted && !one.archived);
  desk.store.create("ticket_threads", { content: "Hello", direction: "in" }, { parentId: ticket!.key });
  await desk.webhookControls.idle();
  const [event] = receiver.events;
  assert.ok(event?.kind === "change" && event.change.op === "refetch");
  const got = await zoho.get("ticket_threads", event.change.key, event.change.parentId, asked);
  assert.ok(got.op === "upsert" && got.parentId === ticket!.key);
  assert.equal(got.detail?.data["content"], "Hello");
  await zoho.subscriptions.remove(webhook.id, asked);
});

test("deliveries are signed, and Zoho's published keys prove it in both units of time", async () => {
  const { desk, zoho, source } = world;
  const webhook = await zoho.subscriptions.create(receiver.url, ["Ticket_Update"], asked);
  const signed = world.again({ webhookId: webhook.id });
  for (const unit of ["seconds", "milliseconds"] as const) {
    desk.settings.jwtTimes = unit;
    desk.webhookControls.rotateKey();
    receiver.tokens.length = 0;
    const [ticket] = [...desk.store.records("tickets")].filter((one) => !one.deleted && !one.archived);
    desk.store.update("tickets", ticket!.key, { subject: unit });
    await desk.webhookControls.idle();
    const [token] = receiver.tokens;
    const expected = { orgId: source.orgId, webhookId: webhook.id, nowMs: Date.now() };
    assert.equal(await verify(token!, await fetchJwks(source), expected), "valid");
    assert.equal(await world.again({ webhookId: webhook.id }).verifySignature(token!, Date.now()), true);
    assert.equal(await world.again({ webhookId: "1" }).verifySignature(token!, Date.now()), false);
  }
  assert.equal(await signed.verifySignature("a.b.c", Date.now() - 1), false);
  await zoho.subscriptions.remove(webhook.id, asked);
});

test("every event that a table subscribes to is one of its own or shows in it", () => {
  for (const { name, events } of world.zoho.streams.map(({ name }) => specOf(name))) {
    const subscribed = world.zoho.subscriptions.eventsFor([name]);
    if (events === null) assert.deepEqual(subscribed, [], name);
    else assert.ok(subscribed.length > 0, name);
  }
});
