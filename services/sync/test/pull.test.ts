import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "@deskmirror/model";
import { runPull } from "../src/mirror/pull.ts";
import { toProgress } from "../src/mirror/table-context.ts";
import type { TableContext } from "../src/mirror/table-context.ts";
import { withTableLease } from "../src/mirror/table-lease.ts";
import { createStage, heal } from "./support/stage.ts";
import type { Stage } from "./support/stage.ts";

async function pullOf({ sink }: Stage, table: string) {
  return toProgress((await sink.states("acme")).get(table)).pull!;
}

/** A context whose pages pass through `onPage`, which may throw before the page is written. */
function watched(stage: Stage, table: string, onPage: (page: Page) => void): TableContext {
  const context = stage.context(table);
  const source = {
    ...context.source,
    page: async (...args: Parameters<typeof context.source.page>) => {
      const page = await context.source.page(...args);
      onPage(page);
      return page;
    },
  };
  return { ...context, source };
}

async function pull(stage: Stage, context: TableContext): Promise<void> {
  const { leases } = stage;
  await withTableLease(context, { leases, signal: heal.signal }, (session, signal) =>
    runPull(context, session, { asked: 1, purpose: "pull", signal }),
  );
}

for (const table of ["tickets", "ticket_comments"]) {
  test(`a pull of ${table} that dies again and again goes on where it was and ends complete and equal`, async () => {
    await using stage = await createStage(["tickets", "ticket_comments"], { tickets: 430 });
    if (table === "ticket_comments") await stage.pull("tickets");
    let [pages, crashes] = [0, 0];
    let untilCrash = 3;
    const context = watched(stage, table, () => {
      pages += 1;
      if (--untilCrash > 0) return;
      untilCrash = 40 + crashes;
      crashes += 1;
      throw new Error("killed");
    });
    for (let tries = 0; (await pullOf(stage, table).catch(() => null))?.state !== "complete"; tries++) {
      assert.ok(tries < 50, "it never ends");
      await pull(stage, context).catch((error: Error) => assert.match(error.message, /killed/));
    }
    assert.ok(crashes >= 1);
    const { calls, distinct } = await pullOf(stage, table);
    // What was in flight beside the page that died is read once more: eight readings at once.
    assert.ok(pages - calls <= 8 * crashes, `${pages} pages for ${calls}`);
    const { rows } = await stage.sink.count(context.writer.table);
    assert.equal(distinct, rows);
    assert.equal((await stage.verify(table)).equal, true);
  });
}

test("a listing that shows fewer records than Zoho counts is incomplete and says so", async () => {
  await using stage = await createStage(["tickets"]);
  const context = stage.context("tickets");
  const count = async (): Promise<number> => 13 + (await stage.source.count("tickets", heal))!;
  await pull(stage, { ...context, source: { ...context.source, count } });
  const { state, message } = await pullOf(stage, "tickets");
  assert.equal(state, "incomplete");
  assert.match(message!, /Zoho counts \d+ records, the listing showed \d+/);
  const { watermarkMs } = (await stage.sink.states("acme")).get("tickets")!;
  assert.equal(watermarkMs, null);
});

test("where Zoho counts archived tickets among the others, tickets are complete once the archived ones are here", async () => {
  await using stage = await createStage(["departments", "tickets", "archived_tickets"], {
    tickets: 200,
    settings: { ticketsCountArchived: true },
  });
  await stage.pull("tickets");
  assert.equal((await pullOf(stage, "tickets")).state, "incomplete");
  await stage.pull("departments", "archived_tickets", "tickets");
  assert.equal((await pullOf(stage, "tickets")).state, "complete");
});

test("a reading that falls short makes the pull incomplete, with the reading's own reason", async () => {
  await using stage = await createStage(["contacts"]);
  const context = stage.context("contacts");
  const page = async (...args: Parameters<typeof context.source.page>): Promise<Page> => ({
    ...(await context.source.page(...args)),
    shortfall: "3 of 5 rows shown",
  });
  await pull(stage, { ...context, source: { ...context.source, page } });
  const { state, message } = await pullOf(stage, "contacts");
  assert.deepEqual([state, message], ["incomplete", "3 of 5 rows shown"]);
});

test("what a second complete listing lacks is asked for, and only the answer deletes", async () => {
  await using stage = await createStage(["contracts"], { settings: { trashedGet: "missing" } });
  await stage.pull("contracts");
  const [gone, hidden] = [...stage.desk.store.records("contracts")].filter(({ deleted }) => !deleted);
  stage.desk.clock.advance(60_000);
  stage.desk.store.delete("contracts", gone!.key);
  const context = stage.context("contracts");
  const page = async (...args: Parameters<typeof context.source.page>): Promise<Page> => {
    const whole = await context.source.page(...args);
    return { ...whole, changes: whole.changes.filter(({ key }) => key !== hidden!.key) };
  };
  const { leases, sink } = stage;
  const blind = { ...context, source: { ...context.source, page } };
  await withTableLease(blind, { leases, signal: heal.signal }, (session, signal) =>
    runPull(blind, session, { asked: 9, purpose: "pull", signal }),
  );
  const keys = async (): Promise<readonly string[]> =>
    (await sink.rows(context.writer.table, { limit: 100 })).map(({ key }) => key);
  assert.ok((await keys()).includes(gone!.key), "a listing is no proof");
  const doubts = await sink.doubts("acme", 10);
  assert.deepEqual(doubts.map(({ key }) => key).toSorted(), [gone!.key, hidden!.key].toSorted());
  stage.desk.clock.advance(60_000);
  await stage.settle("contracts");
  assert.equal((await keys()).includes(gone!.key), false);
  assert.equal((await keys()).includes(hidden!.key), true);
});

test("a row that was there before the first pull and is not in the listing is asked for too", async () => {
  await using stage = await createStage(["contracts"], { settings: { trashedGet: "missing" } });
  const context = stage.context("contracts");
  const { sink } = stage;
  stage.desk.clock.advance(60_000);
  const [gone] = [...stage.desk.store.records("contracts")].filter(({ deleted }) => !deleted);
  await context.writer.write({ changes: [await stage.source.get("contracts", gone!.key, null, heal)] });
  stage.desk.clock.advance(60_000);
  stage.desk.store.delete("contracts", gone!.key);
  await stage.pull("contracts");
  assert.deepEqual(
    (await sink.doubts("acme", 10)).map(({ key }) => key),
    [gone!.key],
  );
  stage.desk.clock.advance(60_000);
  await stage.settle("contracts");
  assert.equal((await stage.verify("contracts")).equal, true);
});
