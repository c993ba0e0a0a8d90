import assert from "node:assert/strict";
import { test } from "node:test";
import { createDeskEmulator, fieldTypes, tableNames, type DeskEmulator, type Row } from "../src/index.ts";
import { shown } from "../src/json.ts";
import { startDesk, stillClock } from "./support/desk.ts";

async function timed(tickets: number): Promise<{ emulator: DeskEmulator; seconds: number }> {
  const started = performance.now();
  const emulator = await createDeskEmulator({ tickets });
  return { emulator, seconds: (performance.now() - started) / 1000 };
}

test("10,000 tickets come with all related tables, and the time they took is printed", async (context) => {
  const { emulator, seconds } = await timed(10_000);
  context.diagnostic(`10,000 tickets in ${seconds.toFixed(2)} s`);
  assert.equal([...emulator.store.records("tickets")].length, 10_000);
  for (const table of tableNames) assert.equal(emulator.store.records(table).next().done, false, `${table} has rows`);
  await emulator.close();
});

test("100,000 tickets are generated, and the time they took is printed", async (context) => {
  const { emulator, seconds } = await timed(100_000);
  context.diagnostic(`100,000 tickets in ${seconds.toFixed(2)} s`);
  assert.equal([...emulator.store.records("tickets")].length, 100_000);
  await emulator.close();
});

test("crowds of tickets stand at one instant or within their time, and in one department where that is said", async () => {
  const crowds = [
    { tickets: 300, withinMs: 999 },
    { tickets: 200, withinMs: 0, inOneDepartment: true },
  ];
  const desk = await createDeskEmulator({ tickets: 1_000, crowds });
  const tickets = [...desk.store.records("tickets")].map(({ detail }) => detail);
  const at = (row: Row): number => Date.parse(shown(row["createdTime"]));
  const byInstant = [...Map.groupBy(tickets, at).values()].toSorted((left, right) => right.length - left.length);
  assert.ok(byInstant[0]!.length >= 200);
  assert.equal(new Set(byInstant[0]!.map((row) => row["departmentId"])).size, 1);
  const bySecond = Map.groupBy(tickets, (row) => Math.floor(at(row) / 1_000)).values();
  assert.ok([...bySecond].some((all) => all.length >= 100 && new Set(all.map(at)).size > 50));
  await desk.close();
  await assert.rejects(createDeskEmulator({ tickets: 10, crowds }), /crowds hold more than the 10 tickets there are/);
});

test("the same seed and clock give the same organization, another seed another one", async () => {
  const [one, same, other] = [await startDesk({ seed: 7 }), await startDesk({ seed: 7 }), await startDesk({ seed: 8 })];
  const dump = (desk: typeof one) =>
    tableNames.map((table) => [...desk.emulator.store.records(table)].map((record) => hideUrls(record)));
  assert.deepEqual(dump(one), dump(same));
  assert.notDeepEqual(dump(one), dump(other));
});

function hideUrls(value: unknown): string {
  return JSON.stringify(value).replaceAll(/127\.0\.0\.1:\d+/g, "host");
}

test("30 tables have rows at any size; records lie within two years before the clock, with ties, and text is not only ASCII", async () => {
  const desk = await startDesk({ tickets: 3000 });
  for (const table of tableNames) assert.ok(desk.live(table).length > 0, table);
  const now = desk.emulator.clock.now();
  const times = desk.live("tickets").map((record) => Date.parse(shown(record.detail["createdTime"])));
  assert.ok(Math.min(...times) >= now - 730 * 86_400_000 - 1000 && Math.max(...times) < now);
  const sizes = Map.groupBy(times, (time) => time).values();
  assert.ok(Math.max(...[...sizes].map((group) => group.length)) > 100, "one instant holds more than a page");
  assert.ok(
    desk.live("tickets").every((record) => shown(record.detail["modifiedTime"]) >= shown(record.detail["createdTime"])),
  );
  const share = desk.live("archived_tickets").length / 3000;
  assert.ok(share > 0.015 && share < 0.06, `${share} archived`);
  assert.ok([...desk.emulator.store.records("tickets")].some((record) => record.trashed));
  assert.match(
    JSON.stringify(desk.live("contacts").map((record) => record.detail)),
    /[\u0400-\u04ff].*[\u3040-\u9fff]/s,
  );
  assert.ok(desk.live("departments").some((record) => record.detail["isEnabled"] === false));
});

test("tickets, contacts and accounts have custom fields of every type, and more when named", async () => {
  const extra = { module: "tickets", apiName: "cf_extra", label: "Extra", type: "Text" } as const;
  const desk = await startDesk({ customFields: [extra] });
  for (const module of ["tickets", "contacts", "accounts"]) {
    const { rows } = await desk.call(`/fields?module=${module}`);
    const custom = rows.filter((row) => row["isCustomField"] === true);
    assert.deepEqual(new Set(custom.map((row) => row["type"])), new Set(fieldTypes), module);
    const cf = desk.any(module as "tickets").detail["cf"] as Row;
    assert.deepEqual(
      Object.keys(cf),
      custom.map((row) => row["apiName"]),
    );
  }
  assert.ok("cf_extra" in (desk.any("tickets").detail["cf"] as Row));
});

test("a ticket's counts are those of its children, on first sight and after any order of reading", async () => {
  const desk = await startDesk({ tickets: 150, clock: stillClock() });
  for (const ticket of desk.live("tickets")) {
    const path = `/tickets/${ticket.key}`;
    for (const [list, key] of [
      ["attachments", "attachmentCount"],
      ["threads", "threadCount"],
      ["timeEntry", "timeEntryCount"],
      ["comments", "commentCount"],
      ["tasks", "taskCount"],
    ] as const) {
      const { rows } = await desk.call(`${path}/${list}?limit=100`);
      assert.equal(String(rows.length), ticket.detail[key], `${path}/${list}`);
    }
    const latest = (await desk.call(`${path}/latestThread`)).body;
    assert.equal((ticket.detail["lastThread"] as Row)["direction"], latest["direction"]);
  }
});
