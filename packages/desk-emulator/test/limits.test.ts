import assert from "node:assert/strict";
import { test } from "node:test";
import { shown } from "../src/json.ts";
import { newTicket, startDesk } from "./support/desk.ts";

const desk = await startDesk();
const { emulator } = desk;

async function weight(path: string, options = {}): Promise<string | null> {
  return (await desk.call(path, options)).headers.get("x-rate-limit-request-weight-v3");
}

function remaining(headers: Headers): number {
  return Number(headers.get("x-rate-limit-remaining-v3"));
}

test("item 30: every answer carries its weight and the remainder; prices follow the offset", async () => {
  const ticket = desk.any("tickets").key;
  const prices: readonly [string, string][] = [
    [`/tickets/${ticket}`, "1"],
    ["/tickets", "3"],
    ["/tickets?from=2000", "3"],
    ["/tickets?from=2001", "5"],
    [`/tickets/${ticket}/threads`, "3"],
    [`/tickets/${ticket}/comments`, "3"],
    [`/tickets/${ticket}/History`, "3"],
    ["/tickets/search?limit=1", "3"],
    [`/tickets/search?id=${ticket}`, "1"],
    [`/tickets/search?id=${ticket},${ticket}`, "3"],
    ["/ticketsCount", "1"],
    ["/tasks/count", "50"],
  ];
  for (const [path, price] of prices) assert.equal(await weight(path), price, path);
  assert.equal(await weight("/tickets", { method: "POST", body: newTicket(desk) }), "1");
  const before = await desk.call("/tickets");
  const after = await desk.call(`/tickets/${ticket}`);
  assert.equal(remaining(before.headers) - remaining(after.headers), 1);
  for (const refused of [
    await desk.call("/nowhere"),
    await desk.call("/tickets", { headers: { Authorization: null } }),
  ]) {
    assert.equal(refused.headers.get("x-rate-limit-request-weight-v3"), "0");
    assert.equal(remaining(refused.headers), remaining(after.headers));
  }
});

test("item 30: deep offsets cost 10, 50 and 100 where a list allows them", async () => {
  emulator.settings.listMaxFrom = 200_000;
  const prices: readonly [number, string][] = [
    [10_000, "5"],
    [10_001, "10"],
    [50_001, "50"],
    [100_001, "100"],
  ];
  for (const [from, price] of prices) assert.equal(await weight(`/tickets?from=${from}`), price);
  emulator.settings.listMaxFrom = 4999;
});

test("item 31: used-up credits are 429 THRESHOLD_EXCEEDED with Retry-After until the reset at midnight", async () => {
  const small = await startDesk({ dailyCredits: 4, settings: { creditDayOffsetMinutes: 60 } });
  assert.equal((await small.call("/tickets")).status, 200);
  const refused = await small.call("/tickets");
  assert.deepEqual([refused.status, refused.body["errorCode"]], [429, "THRESHOLD_EXCEEDED"]);
  assert.equal(remaining(refused.headers), 1);
  const seconds = Number(refused.headers.get("retry-after"));
  assert.equal(seconds, 11 * 3600);
  assert.equal(small.emulator.stats.snapshot().breaches.credits.count, 1);
  small.emulator.settings.maxRetryAfterSeconds = 60;
  assert.equal((await small.call("/tickets")).headers.get("retry-after"), "60");
  small.emulator.clock.advance(seconds * 1000 - 1000);
  const { access_token: late } = await small.grant();
  const headers = { Authorization: `Bearer ${shown(late)}` };
  assert.equal((await small.call("/tickets", { headers })).status, 429);
  small.emulator.clock.advance(1000);
  const fresh = await small.call("/tickets", { headers });
  assert.deepEqual([fresh.status, remaining(fresh.headers)], [200, 1]);
});

test("item 31: more calls at once than allowed are 429 TOO_MANY_REQUESTS without Retry-After; latency is set so that calls overlap", async () => {
  const narrow = await startDesk({ concurrency: 3, latencyMs: 400 });
  const answers = await Promise.all(Array.from({ length: 5 }, () => narrow.call("/departments")));
  const refused = answers.filter((answer) => answer.status === 429);
  assert.equal(refused.length, 2);
  for (const answer of refused) {
    assert.equal(answer.body["errorCode"], "TOO_MANY_REQUESTS");
    assert.equal(answer.headers.get("retry-after"), null);
  }
  const stats = narrow.emulator.stats.snapshot();
  assert.deepEqual([stats.maxConcurrent, stats.breaches.concurrency.count], [3, 2]);
  assert.equal((await narrow.call("/departments")).status, 200);
  narrow.emulator.setConcurrency(5);
  const wider = await Promise.all(Array.from({ length: 5 }, () => narrow.call("/departments")));
  assert.ok(wider.every((answer) => answer.status === 200));
});

test("item 31: both 429s can be forced from a test and are then no breach", async () => {
  emulator.stats.reset();
  emulator.faults.add({ kind: "concurrency" });
  const busy = await desk.call("/departments");
  assert.deepEqual([busy.status, busy.headers.get("retry-after")], [429, null]);
  emulator.faults.add({ kind: "credits" });
  const empty = await desk.call("/departments");
  assert.equal(empty.body["errorCode"], "THRESHOLD_EXCEEDED");
  assert.ok(Number(empty.headers.get("retry-after")) > 0);
  const { breaches } = emulator.stats.snapshot();
  assert.deepEqual([breaches.concurrency.count, breaches.credits.count], [0, 0]);
});

test("the editions have their credits and calls at once, with credits for each active agent", async () => {
  const express = await startDesk({ edition: "express" });
  const agents = express.live("agents").length;
  assert.equal(remaining((await express.call("/nowhere")).headers), 25_000 + 100 * agents);
  const free = await startDesk({ edition: "free", latencyMs: 400 });
  const answers = await Promise.all(Array.from({ length: 6 }, () => free.call("/departments")));
  assert.equal(answers.filter((answer) => answer.status === 429).length, 1);
});

test("every answer's Date is the emulator's clock", async () => {
  emulator.clock.advance(60_000);
  const expected = new Date(emulator.clock.now()).toUTCString();
  assert.equal((await desk.call("/departments")).headers.get("date"), expected);
  assert.equal((await desk.call("/nowhere")).headers.get("date"), expected);
  assert.equal((await desk.token({ grant_type: "x" })).headers.get("date"), expected);
  assert.equal((await fetch(`${emulator.url}/.well-known/jwks.json`)).headers.get("date"), expected);
});
