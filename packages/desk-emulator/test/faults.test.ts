import assert from "node:assert/strict";
import { test } from "node:test";
import { shown } from "../src/json.ts";
import { newTicket, startDesk } from "./support/desk.ts";

const desk = await startDesk();
const { emulator } = desk;

test("item 32: 500 once, then well again", async () => {
  emulator.faults.add({ kind: "status500", match: "GET /departments" });
  const failed = await desk.call("/departments");
  assert.deepEqual([failed.status, failed.body["errorCode"]], [500, "INTERNAL_SERVER_ERROR"]);
  assert.equal((await desk.call("/departments")).status, 200);
});

test("item 32: a fault hits only matching requests, as often as told, and with its probability", async () => {
  emulator.faults.add({ kind: "status500", match: "GET /tickets/:id", times: 2 });
  const path = `/tickets/${desk.any("tickets").key}`;
  assert.equal((await desk.call("/tickets")).status, 200);
  assert.deepEqual(
    [(await desk.call(path)).status, (await desk.call(path)).status, (await desk.call(path)).status],
    [500, 500, 200],
  );
  emulator.faults.add({ kind: "status500", times: 1000, probability: 0.5 });
  const statuses: number[] = [];
  for (let made = 0; made < 40; made += 1) statuses.push((await desk.call("/departments")).status);
  assert.deepEqual(new Set(statuses), new Set([200, 500]));
  assert.equal(emulator.faults.list().length, 1);
  emulator.faults.clear();
  assert.equal((await desk.call("/departments")).status, 200);
});

test("item 32: a slow answer comes late, and a hanging one never", async () => {
  emulator.faults.add({ kind: "slow", delayMs: 80 });
  const started = performance.now();
  assert.equal((await desk.call("/departments")).status, 200);
  assert.ok(performance.now() - started >= 78);
  emulator.faults.add({ kind: "hang" });
  await assert.rejects(desk.call("/departments", { signal: AbortSignal.timeout(100) }), { name: "TimeoutError" });
});

test("item 32: a connection dropped after the write was done leaves the write done; one dropped before does not", async () => {
  const count = () => desk.live("tickets").length;
  const before = count();
  emulator.faults.add({ kind: "dropAfter", match: "POST /tickets" });
  await assert.rejects(desk.post("/tickets", newTicket(desk)));
  assert.equal(count(), before + 1);
  emulator.faults.add({ kind: "dropBefore", match: "POST /tickets" });
  await assert.rejects(desk.post("/tickets", newTicket(desk)));
  assert.equal(count(), before + 1);
});

test("item 32: malformed JSON and an HTML error page", async () => {
  emulator.faults.add({ kind: "truncated" });
  await assert.rejects(desk.call("/departments"), { name: "SyntaxError" });
  emulator.faults.add({ kind: "html" });
  const page = await desk.call("/departments");
  assert.equal(page.status, 502);
  assert.match(page.headers.get("content-type") ?? "", /html/);
  assert.match(page.text, /^<!DOCTYPE html>/);
});

test("the token endpoint has the same faults, and its own refusal", async () => {
  emulator.faults.add({ kind: "html", match: "POST /oauth" });
  assert.equal((await desk.token({})).status, 502);
  emulator.faults.add({ kind: "tooManyTokens", match: "POST /oauth" });
  assert.deepEqual((await desk.token({})).body["error"], "Access Denied");
  emulator.faults.add({ kind: "dropBefore", match: "POST /oauth" });
  await assert.rejects(desk.token({}));
});

test("a storm of 401s, a revoked scope and a lost department", async () => {
  emulator.faults.add({ kind: "unauthorized", times: 3 });
  for (let made = 0; made < 3; made += 1)
    assert.equal((await desk.call("/departments")).body["errorCode"], "INVALID_OAUTH");
  assert.equal((await desk.call("/departments")).status, 200);
  emulator.faults.revokedScopes.add("Desk.contacts.READ");
  assert.deepEqual([(await desk.call("/contacts")).status, (await desk.call("/tickets")).status], [403, 200]);
  emulator.faults.clear();
  const ticket = desk.any("tickets");
  const department = shown(ticket.detail["departmentId"]);
  emulator.faults.lostDepartments.add(department);
  assert.ok((await desk.call("/tickets?limit=100")).rows.every((row) => row["departmentId"] !== department));
  assert.ok((await desk.call("/tickets/search?limit=100")).rows.every((row) => row["departmentId"] !== department));
  const lost = await desk.call(`/tickets/${ticket.key}`);
  assert.deepEqual([lost.status, lost.body["errorCode"]], [403, "FORBIDDEN"]);
  assert.equal((await desk.call(`/tickets/${ticket.key}/threads`)).status, 403);
  assert.equal(
    (await desk.call("/departments")).rows.some((row) => row["id"] === department),
    false,
  );
  emulator.faults.clear();
  assert.equal((await desk.call(`/tickets/${ticket.key}`)).status, 200);
});

test("lists, searches, counts and the recycle bin leave out half of all records, the same ones each time, or all; GET by id shows them", async () => {
  const paths = ["/tickets?limit=100", "/contacts/search?limit=100", "/departments", "/recycleBin?limit=100"];
  const idsOf = async (path: string) => (await desk.call(path)).rows.map((row) => shown(row["id"]));
  const count = async () => Number((await desk.call("/departments/count")).body["count"]);
  const all = new Map(await Promise.all(paths.map(async (path) => [path, await idsOf(path)] as const)));
  const counted = await count();
  emulator.faults.hideFromLists("half");
  for (const [path, ids] of all) {
    const half = await idsOf(path);
    assert.ok(half.length > 0, path);
    assert.deepEqual(half, await idsOf(path));
    if (ids.length < 100) assert.ok(half.length < ids.length && half.every((id) => ids.includes(id)), path);
  }
  assert.equal((await idsOf("/departments")).length, await count());
  assert.ok((await count()) < counted);
  emulator.faults.hideFromLists("all");
  for (const path of paths) assert.equal((await desk.call(path)).status, 204, path);
  assert.equal((await desk.call(`/departments/${all.get("/departments")![0]!}`)).status, 200);
  emulator.faults.clear();
  for (const [path, ids] of all) assert.deepEqual(await idsOf(path), ids);
});
