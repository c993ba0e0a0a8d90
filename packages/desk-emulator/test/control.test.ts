import assert from "node:assert/strict";
import { test } from "node:test";
import { tableNames, type Row, type StoreRecord } from "../src/index.ts";
import { newTicket, startDesk } from "./support/desk.ts";
import { startReceiver } from "./support/receiver.ts";

const desk = await startDesk();
const { emulator } = desk;

async function control(method: string, path: string, body?: unknown): Promise<Response> {
  const init: RequestInit = { method, headers: { "Content-Type": "application/json" } };
  if (body !== undefined) init.body = JSON.stringify(body);
  return await fetch(`${emulator.url}/_emulator${path}`, init);
}

async function json(method: string, path: string, body?: unknown): Promise<Row> {
  const response = await control(method, path, body);
  assert.equal(response.status, 200, path);
  return (await response.json()) as Row;
}

test("the control space tells how to connect and makes codes", async () => {
  const info = await json("GET", "/");
  assert.deepEqual([info["url"], info["orgId"], info["clientId"]], [emulator.url, emulator.orgId, emulator.clientId]);
  const { code } = await json("POST", "/code", { scopes: ["Desk.tickets.READ"] });
  const client = { client_id: emulator.clientId, client_secret: emulator.clientSecret };
  const granted = await desk.token({ grant_type: "authorization_code", ...client, code: code as string });
  assert.equal(granted.body["scope"], "Desk.tickets.READ");
});

test("the control space shows and clears the stats, moves the clock, sets and clears faults", async () => {
  await desk.call("/tickets?nonsense=1");
  const stats = await json("GET", "/stats");
  assert.equal((stats["breaches"] as { unknownParameter: Row }).unknownParameter["count"], 1);
  assert.equal((stats["requests"] as Row)["GET /tickets"], 1);
  await json("DELETE", "/stats");
  assert.equal((await json("GET", "/stats"))["creditsSpent"], 0);
  const before = emulator.clock.now();
  await json("POST", "/clock", { advanceMs: 1234 });
  assert.equal(emulator.clock.now(), before + 1234);
  await json("POST", "/faults", { kind: "status500", times: 2 });
  assert.deepEqual((await json("GET", "/faults"))["faults"], [{ kind: "status500", times: 2 }]);
  assert.equal((await desk.call("/tickets")).status, 500);
  await json("POST", "/faults", { revokeScopes: ["Desk.tickets.READ"], loseDepartments: ["1"] });
  await json("DELETE", "/faults");
  assert.equal((await desk.call("/tickets")).status, 200);
  await json("POST", "/faults", { hideFromLists: "all" });
  assert.equal((await desk.call("/tickets")).status, 204);
  await json("DELETE", "/faults");
  assert.equal((await desk.call("/tickets")).status, 200);
});

test("the control space dumps each table as JSON lines, equal to the store, and shows one record", async () => {
  for (const table of tableNames) {
    const lines = (await (await control("GET", `/store/${table}`)).text()).trim().split("\n");
    const records = lines.map((line) => JSON.parse(line) as StoreRecord);
    assert.deepEqual(records, [...emulator.store.records(table)], table);
  }
  const { key } = desk.any("contacts");
  assert.equal((await json("GET", `/store/contacts/${key}`))["key"], key);
  assert.equal((await control("GET", "/store/contacts/1")).status, 404);
});

test("the control space writes records: create, update, move, archive, delete, restore, purge", async () => {
  const { key } = (await json("POST", "/store/tickets", { fields: newTicket(desk) })) as unknown as StoreRecord;
  const act = (body: Row) => json("POST", `/store/tickets/${key}`, body);
  const detail = async (body: Row) => ((await act(body)) as unknown as StoreRecord).detail;
  assert.equal((await detail({ do: "update", fields: { subject: "neu" } }))["subject"], "neu");
  const target = desk.live("departments")[2]?.key ?? "";
  assert.equal((await detail({ do: "move", departmentId: target }))["departmentId"], target);
  await json("POST", "/store/ticket_comments", { fields: { content: "x" }, parentId: key });
  assert.equal((await detail({ do: "delete" }))["isTrashed"], true);
  const restored = await detail({ do: "restore" });
  assert.deepEqual([restored["isTrashed"], restored["commentCount"]], [false, "1"]);
  assert.equal((await detail({ do: "archive" }))["isArchived"], true);
  assert.deepEqual(await act({ do: "purge" }), { deleted: true });
});

test("the control space runs workloads, steers the sender and changes settings and limits", async () => {
  assert.equal((await json("POST", "/workload", { changes: 50 }))["total"], 50);
  await json("POST", "/workload", { changesPerSecond: 200, mix: { contactUpdate: 1 } });
  await new Promise((resolve) => setTimeout(resolve, 100));
  const stopped = await json("DELETE", "/workload");
  assert.ok(Number(stopped["total"]) > 0);
  assert.deepEqual(Object.keys(stopped["counts"] as Row), ["contactUpdate"]);
  const sender = await json("POST", "/webhooks", { set: { dropRate: 1 }, dropNext: 1 });
  assert.equal(sender["dropRate"], 1);
  await json("POST", "/webhooks", { set: { dropRate: 0 }, rotateKey: {} });
  assert.equal(
    ((await (await fetch(`${emulator.url}/.well-known/jwks.json`)).json()) as { keys: Row[] }).keys.length,
    2,
  );
  const receiver = await startReceiver();
  const webhook = await desk.post("/webhooks", { url: receiver.url, subscriptions: { Ticket_Add: null } });
  const sent = await json("POST", "/webhooks", { sendRaw: { webhookId: webhook.body["id"], body: "[]" } });
  assert.equal(sent["status"], 200);
  await json("POST", "/settings", {
    settings: { trashedGet: "missing" },
    concurrency: 1,
    dailyCredits: 0,
    latencyMs: 0,
    indexLagMs: 5,
  });
  assert.equal((await json("GET", "/settings"))["trashedGet"], "missing");
  assert.equal((await desk.call("/tickets")).status, 429);
});

test("a wrong control call is 422 and says what is wrong", async () => {
  for (const [method, path, body] of [
    ["POST", "/clock", { advanceMs: -1 }],
    ["POST", "/faults", { kind: "gremlin" }],
    ["POST", "/settings", { settings: { nonsense: 1 } }],
    ["GET", "/store/unicorns", undefined],
    ["POST", "/store/archived_tickets", { fields: {} }],
  ] as const) {
    const response = await control(method, path, body);
    assert.equal(response.status, 422, path);
    assert.notEqual(((await response.json()) as Row)["message"], "");
  }
});
