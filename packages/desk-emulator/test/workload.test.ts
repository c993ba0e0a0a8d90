import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "node:test";
import { changeKinds, tableNames } from "../src/index.ts";
import { newTicket, startDesk } from "./support/desk.ts";

test("a workload makes every kind of change, counted by kind", async () => {
  const { emulator } = await startDesk({ tickets: 300 });
  const workload = emulator.workload({ changesPerSecond: 0 });
  workload.run(4000);
  assert.equal(workload.total(), 4000);
  assert.deepEqual(Object.keys(workload.counts()).toSorted(), Object.keys(changeKinds).toSorted());
  assert.equal(
    Object.values(workload.counts()).reduce((sum, count) => sum + count, 0),
    4000,
  );
});

test("a mix names the only kinds that happen", async () => {
  const { emulator } = await startDesk();
  const workload = emulator.workload({ changesPerSecond: 0, mix: { commentAdd: 3, ticketMove: 1 } });
  workload.run(200);
  assert.deepEqual(Object.keys(workload.counts()).toSorted(), ["commentAdd", "ticketMove"]);
});

test("the same seed makes the same changes", async () => {
  const dumps = await Promise.all(
    [1, 1, 2].map(async (seed) => {
      const { emulator } = await startDesk({ seed });
      emulator.workload({ changesPerSecond: 0 }).run(500);
      const records = tableNames.flatMap((table) => [...emulator.store.records(table)]);
      return JSON.stringify(records).replaceAll(emulator.url, "");
    }),
  );
  assert.equal(dumps[0], dumps[1]);
  assert.notEqual(dumps[0], dumps[2]);
});

test("it keeps its rate until it is stopped", async () => {
  const { emulator } = await startDesk();
  const workload = emulator.workload({ changesPerSecond: 500 });
  const started = performance.now();
  workload.start();
  while (workload.total() < 200) await sleep(5);
  workload.stop();
  const made = workload.total();
  const due = ((performance.now() - started) / 1000) * 500;
  assert.ok(made <= due + 1, `${made} changes when ${due} were due`);
  await sleep(60);
  assert.equal(workload.total(), made);
});

test("after thousands of changes lists, search, counts and the store still agree", async () => {
  const desk = await startDesk({ tickets: 300 });
  desk.emulator.workload({ changesPerSecond: 0 }).run(3000);
  for (const table of ["tickets", "contacts", "accounts", "products", "tasks", "calls", "events"] as const) {
    const truth = desk.live(table);
    const listed: unknown[] = [];
    for (let from = 0; ; from += 100) {
      const page = await desk.call(
        `/${table}?limit=100&from=${from}${table === "accounts" ? "" : "&sortBy=createdTime"}`,
      );
      listed.push(...page.rows);
      if (page.rows.length < 100) break;
    }
    const unique = new Map(listed.map((row) => [(row as { id: string }).id, row]));
    assert.deepEqual(
      unique,
      new Map(truth.toSorted((a, b) => (a.key < b.key ? -1 : 1)).map((record) => [record.key, record.list])),
      table,
    );
    const search = await desk.call(
      `/${table}/search?createdTimeRange=2000-01-01T00:00:00.000Z,2100-01-01T00:00:00.000Z`,
    );
    assert.equal(search.body["count"], truth.length, table);
  }
  for (const ticket of desk.live("tickets").slice(0, 100)) {
    const { rows } = await desk.call(`/tickets/${ticket.key}/comments?limit=100`);
    assert.equal(String(rows.length), ticket.detail["commentCount"]);
  }
});

test("the store shows parents, flags and both forms of a record, and what was erased", async () => {
  const desk = await startDesk();
  const { store } = desk.emulator;
  const ticket = store.create("tickets", newTicket(desk));
  const comment = store.create("ticket_comments", { content: "x" }, { parentId: ticket.id });
  const shown = store.record("ticket_comments", comment.id);
  assert.deepEqual([shown?.parentId, shown?.deleted, shown?.modifiedTime], [ticket.id, false, null]);
  store.delete("ticket_comments", comment.id);
  const gone = [...store.records("ticket_comments")].find((record) => record.key === comment.id);
  assert.deepEqual([gone?.deleted, gone?.trashed], [true, false]);
  store.delete("tickets", ticket.id);
  const trashed = store.record("tickets", ticket.id);
  assert.deepEqual([trashed?.deleted, trashed?.trashed, trashed?.detail["isTrashed"]], [true, true, true]);
  const thread = [...store.records("ticket_threads")].find((record) => record.parentId === ticket.id);
  assert.equal(thread?.deleted, true, "a trashed ticket's children are not to be read any more");
  store.purge("tickets", ticket.id);
  assert.equal(store.record("tickets", ticket.id), undefined);
  assert.equal([...store.records("tickets")].find((record) => record.key === ticket.id)?.deleted, true);
  const [history] = store.records("ticket_history");
  assert.match(history?.key ?? "", /^\d{18}:\d{13}:TicketCreated:[0-9a-f]{16}$/);
  for (const [table, pattern] of [
    ["team_members", /^\d{18}:\d{18}$/],
    ["channels", /^[A-Z_]+$/],
    ["organization_fields", /^[A-Za-z]+:\d+$/],
  ] as const) {
    assert.match(desk.any(table).key, pattern);
  }
});
