import assert from "node:assert/strict";
import { test } from "node:test";
import { PermanentError } from "@deskmirror/model";
import { createSubscribedStage, prepareSubscribedStages } from "./support/subscribed-stage.ts";
import type { SubscribedStage } from "./support/subscribed-stage.ts";

prepareSubscribedStages();

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const { signal } = new AbortController();

const requests = ({ stage }: SubscribedStage, of: string): number => stage.desk.stats.snapshot().requests[of] ?? 0;

/** What Zoho holds, as far as it matters to us. */
const held = ({ stage }: SubscribedStage) =>
  stage.desk.webhooks.list().map(({ id, url, isEnabled, subscriptions, includeEventsFrom }) => {
    return { id, url, isEnabled, includeEventsFrom, events: Object.keys(subscriptions).toSorted() };
  });

/** Changes the webhook of a source as a person does in Setup. */
async function edit({ stage }: SubscribedStage, id: string, fields: object): Promise<void> {
  const { subscriptions } = stage.desk.webhooks.list().find((one) => one.id === id)!;
  await stage.desk.webhooks.update(id, JSON.parse(JSON.stringify({ subscriptions, ...fields })));
}

/** Each fault as somebody makes it in Setup, and the reason of the gap. */
const faults: readonly [string, string, (stage: SubscribedStage, id: string) => Promise<void> | void][] = [
  ["is gone", "webhook missing", ({ stage }, id) => stage.desk.webhooks.remove(id)],
  ["is disabled", "webhook disabled", (stage, id) => edit(stage, id, { isEnabled: false })],
  ["sends elsewhere", "webhook moved", (stage, id) => edit(stage, id, { url: `${stage.url}x` })],
  ["lacks an event", "webhook lacked events", (stage, id) => edit(stage, id, { subscriptions: { Ticket_Add: null } })],
  [
    "has an event only of one department",
    "webhook lacked events",
    async (stage, id) => {
      const { subscriptions } = stage.stage.desk.webhooks.list()[0]!;
      await edit(stage, id, { subscriptions: { ...subscriptions, Ticket_Update: { departmentIds: ["1"] } } });
    },
  ],
  ["no longer tells of automation", "webhook lacked events", (stage, id) => edit(stage, id, { includeEventsFrom: [] })],
];

for (const [what, reason, break_] of faults) {
  test(`a webhook that ${what} is repaired a day later at the latest, and a gap says so from the last good look`, async () => {
    await using stage = await createSubscribedStage(["tickets", "contacts"]);
    const id = await stage.register();
    const [right] = held(stage);
    const goodMs = stage.at.ms;
    await stage.care.tend(signal);
    assert.equal(requests(stage, "GET /webhooks"), 1, "nothing is due right after it was registered");
    await break_(stage, id);
    stage.at.ms += DAY_MS;
    await stage.care.tend(signal);
    const [now, ...others] = held(stage);
    assert.deepEqual({ ...now, id: "" }, { ...right, id: "" });
    assert.deepEqual(others, []);
    assert.equal((await stage.current()).webhookId, now!.id);
    assert.deepEqual(await stage.openGaps(), [{ reason, fromMs: goodMs, toMs: null, state: "open" }]);
    assert.deepEqual((await stage.looks.read(stage.name))?.state, "active");
  });
}

test("a webhook that is right costs one look a day and opens no gap", async () => {
  await using stage = await createSubscribedStage(["tickets"]);
  await stage.register();
  const before = requests(stage, "GET /webhooks");
  for (let minutes = 0; minutes < 3 * 24 * 60; minutes += 10, stage.at.ms += 10 * MINUTE_MS)
    await stage.care.tend(signal);
  assert.equal(requests(stage, "GET /webhooks") - before, 2);
  assert.deepEqual(await stage.openGaps(), []);
  assert.equal(requests(stage, "PATCH /webhooks/:id"), 0);
});

test("a gap begins with the last delivery where that came after the last good look", async () => {
  await using stage = await createSubscribedStage(["tickets"]);
  const id = await stage.register();
  const receivedMs = stage.at.ms + 5_000;
  await stage.deliver(receivedMs);
  stage.stage.desk.webhooks.remove(id);
  stage.at.ms += DAY_MS;
  await stage.care.tend(signal);
  const [gap] = await stage.openGaps();
  assert.deepEqual([gap?.reason, gap?.fromMs], ["webhook missing", receivedMs]);
});

test("a delivery says nothing of the events that a webhook lacks", async () => {
  await using stage = await createSubscribedStage(["tickets"]);
  const id = await stage.register();
  const goodMs = stage.at.ms;
  await stage.deliver(goodMs + 5_000);
  await edit(stage, id, { subscriptions: { Ticket_Add: null } });
  stage.at.ms += DAY_MS;
  await stage.care.tend(signal);
  const [gap] = await stage.openGaps();
  assert.deepEqual([gap?.reason, gap?.fromMs], ["webhook lacked events", goodMs]);
});

test("events of a table that is kept from now on are added at once, and were lost by nobody", async () => {
  await using stage = await createSubscribedStage(["tickets", "tasks"]);
  await stage.careOf(["tickets"]).register(await stage.current(), { isMoving: false, signal });
  await stage.care.tend(signal);
  assert.ok(held(stage)[0]!.events.includes("Task_Add"));
  assert.deepEqual(await stage.openGaps(), []);
});

test("other webhooks to the same URL are removed, those of others are left alone", async () => {
  await using stage = await createSubscribedStage(["tickets"]);
  const id = await stage.register();
  const { webhooks } = stage.stage.desk;
  const subscriptions = { Ticket_Add: null };
  await webhooks.create({ url: stage.url, subscriptions });
  const { id: others } = await webhooks.create({ url: `${stage.url}x`, subscriptions });
  stage.at.ms += DAY_MS;
  await stage.care.tend(signal);
  assert.deepEqual(
    webhooks.list().map((one) => one.id),
    [id, others],
  );
  assert.deepEqual(await stage.openGaps(), []);
});

test("a webhook that Zoho made although its answer was lost is taken as ours, not made twice", async () => {
  await using stage = await createSubscribedStage(["tickets"]);
  const id = await stage.register();
  const { webhooks, faults: switchboard } = stage.stage.desk;
  webhooks.remove(id);
  switchboard.add({ kind: "dropAfter", match: "POST /webhooks", times: 1_000 });
  stage.at.ms += DAY_MS;
  await assert.rejects(stage.care.tend(signal), { name: "TransientError" });
  switchboard.clear();
  stage.at.ms += MINUTE_MS;
  await stage.care.tend(signal);
  assert.deepEqual(
    webhooks.list().map((one) => one.id),
    [(await stage.current()).webhookId],
  );
});

test("a repair that fails is tried again after 1, 4, 16 and then each 60 minutes", async () => {
  await using stage = await createSubscribedStage(["tickets"]);
  const id = await stage.register();
  stage.stage.desk.webhooks.remove(id);
  const startMs = (stage.at.ms += DAY_MS);
  const { faults: switchboard } = stage.stage.desk;
  switchboard.revokedScopes.add("Desk.webhooks.CREATE").add("Desk.events.CREATE").add("Desk.settings.CREATE");
  for (const scope of ["webhooks", "events", "settings"]) switchboard.revokedScopes.add(`Desk.${scope}.ALL`);
  const tries: number[] = [];
  for (; stage.at.ms <= startMs + 150 * MINUTE_MS; stage.at.ms += MINUTE_MS) {
    const before = requests(stage, "GET /webhooks");
    await stage.care.tend(signal).catch(() => {});
    if (requests(stage, "GET /webhooks") > before) tries.push((stage.at.ms - startMs) / MINUTE_MS);
  }
  assert.deepEqual(tries, [0, 1, 5, 21, 81, 141]);
  switchboard.clear();
  stage.at.ms += 60 * MINUTE_MS;
  await stage.care.tend(signal);
  assert.equal(held(stage).length, 1);
  const look = await stage.looks.read(stage.name);
  assert.deepEqual([look?.state, look?.failures, look?.message], ["active", 0, null]);
});

test("an edition without webhooks is explained, and asked once a day", async () => {
  await using stage = await createSubscribedStage(["tickets"], { edition: "free" });
  await assert.rejects(stage.register(), (error) => error instanceof PermanentError && /edition/.test(error.message));
  // One that was registered before the organization went down to this edition.
  await stage.registry.update(stage.name, { webhookId: "410000000900001" });
  const care = stage.careOf(["tickets"]);
  const before = requests(stage, "POST /webhooks");
  for (let hours = 0; hours < 72; hours++, stage.at.ms += 60 * MINUTE_MS) {
    await care.hurry();
    await care.tend(signal).catch(() => {});
  }
  assert.equal(requests(stage, "POST /webhooks") - before, 2, "72 hours from a first answer");
  const look = await stage.looks.read(stage.name);
  assert.equal(look?.state, "unavailable");
  assert.match(look.message!, /edition allows no more webhooks/);
});

test("a webhook made by hand is never looked at, and one we gave another URL lost nothing", async () => {
  await using stage = await createSubscribedStage(["tickets"]);
  await stage.stage.desk.webhooks.create({ url: stage.url, subscriptions: { Ticket_Add: null }, isEnabled: false });
  await stage.care.tend(signal);
  assert.equal(requests(stage, "GET /webhooks"), 0);
  const id = await stage.register();
  assert.equal(held(stage).length, 1, "registering takes it as ours");
  await stage.registry.rotateKey(stage.name, {
    graceMs: 0,
    confirm: async (rotated) => void (await stage.care.register(rotated, { isMoving: true, signal })),
  });
  const [moved] = held(stage);
  assert.deepEqual([moved?.id, moved?.url], [id, stage.registry.serviceUrl(await stage.current())]);
  assert.deepEqual(await stage.openGaps(), []);
});

test("a look that is called for comes at once, and one process alone looks", async () => {
  await using stage = await createSubscribedStage(["tickets"]);
  await stage.register();
  await stage.care.hurry();
  const before = requests(stage, "GET /webhooks");
  const other = stage.careOf(["tickets"]);
  await Promise.all([stage.care.tend(signal), other.tend(signal)]);
  assert.equal(requests(stage, "GET /webhooks") - before, 1);
});
