import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "@deskmirror/model";
import { runPull } from "../src/mirror/pull.ts";
import { toProgress } from "../src/mirror/table-context.ts";
import type { TableContext } from "../src/mirror/table-context.ts";
import { withTableLease } from "../src/mirror/table-lease.ts";
import { createStage, heal } from "./support/stage.ts";
import type { Stage } from "./support/stage.ts";

const MINUTE_MS = 60_000;

/** Pulls contacts again, later. */
async function again(stage: Stage, context: TableContext = stage.context("contacts")): Promise<void> {
  stage.desk.clock.advance(5 * MINUTE_MS);
  asked += 1;
  await withTableLease(context, { leases: stage.leases, signal: heal.signal }, (session, signal) =>
    runPull(context, session, { asked, purpose: "pull", signal }),
  );
}
let asked = 100;

async function pullOf({ sink }: Stage, table = "contacts") {
  return toProgress((await sink.states("acme")).get(table)).pull!;
}

async function counts(stage: Stage, table = "contacts") {
  const { sink } = stage;
  const { rows, deleted } = await sink.count(stage.context(table).writer.table);
  const [held] = await sink.suspects.held("acme");
  return { rows, deleted, held: held?.count ?? 0, doubts: (await sink.doubts("acme", 1_000)).length };
}

/** Erases every nth contact for good; nobody tells. Gives how many. */
function purge({ desk }: Stage, nth: number): number {
  const ids = [...desk.store.records("contacts")].filter((_, index) => index % nth === 0).map(({ key }) => key);
  for (const id of ids) desk.store.purge("contacts", id);
  return ids.length;
}

const gets = ({ desk }: Stage): number => desk.stats.snapshot().requests["GET /contacts/:id"] ?? 0;

async function stageOfContacts(): Promise<Stage> {
  const stage = await createStage(["contacts"], { tickets: 400 });
  stage.desk.clock.advance(10 * MINUTE_MS);
  await stage.pull("contacts");
  return stage;
}

test("what was erased for good without a word is found by the next whole listing of a searched table", async () => {
  await using stage = await stageOfContacts();
  const before = await counts(stage);
  assert.deepEqual([before.held, before.doubts], [0, 0]);
  const gone = purge(stage, 10);
  await again(stage);
  assert.deepEqual(await counts(stage), { ...before, doubts: gone }, "a listing is no proof");
  stage.desk.clock.advance(MINUTE_MS);
  await stage.settle("contacts");
  assert.deepEqual(await counts(stage), { rows: before.rows - gone, deleted: gone, held: 0, doubts: 0 });
  assert.equal((await stage.verify("contacts")).equal, true);
});

test("a listing that lacks much is read again, then all it lacks is held until a person confirms", async () => {
  await using stage = await stageOfContacts();
  const before = await counts(stage);
  const gone = purge(stage, 3);
  const asked = gets(stage);
  await again(stage);
  const { state, message } = await pullOf(stage);
  assert.equal(state, "incomplete");
  assert.match(message!, new RegExp(`lacks ${gone} of the ${before.rows} rows here; it is read again`));
  assert.deepEqual(await counts(stage), before);
  await again(stage);
  assert.equal((await pullOf(stage)).state, "complete");
  assert.deepEqual(await counts(stage), { ...before, held: gone });
  assert.equal(gets(stage), asked, "no GET is spent before a person decides");

  await stage.sink.suspects.decide(stage.context("contacts").writer.table, "ask");
  stage.desk.clock.advance(MINUTE_MS);
  await stage.settle("contacts");
  assert.equal(gets(stage), asked + gone);
  assert.deepEqual(await counts(stage), { rows: before.rows - gone, deleted: gone, held: 0, doubts: 0 });
  assert.equal((await stage.verify("contacts")).equal, true);
});

test("what a person refuses to delete stays, until the next listings lack it again", async () => {
  await using stage = await stageOfContacts();
  const before = await counts(stage);
  const gone = purge(stage, 3);
  await again(stage);
  await again(stage);
  await stage.sink.suspects.decide(stage.context("contacts").writer.table, "forget");
  assert.deepEqual(await counts(stage), before);
  await again(stage);
  assert.deepEqual(await counts(stage), { ...before, held: gone });
});

/** The table as a Desk would show it whose answers lack rows. */
function blind(stage: Stage, isShown: (key: string) => boolean): TableContext {
  const context = stage.context("contacts");
  const page = async (...args: Parameters<typeof context.source.page>): Promise<Page> => {
    const whole = await context.source.page(...args);
    const shown = whole.shown && { ...whole.shown, keys: whole.shown.keys.filter(isShown) };
    return { ...whole, shown, changes: whole.changes.filter(({ key }) => isShown(key)) };
  };
  return { ...context, source: { ...context.source, page } };
}

for (const [what, isShown] of [
  ["an empty list", () => false],
  ["half a list", (key: string) => Number(key.at(-1)) % 2 === 0],
] as const) {
  test(`${what} deletes nothing, and what it lacked is held no longer once the list is whole`, async () => {
    await using stage = await stageOfContacts();
    const before = await counts(stage);
    await again(stage, blind(stage, isShown));
    assert.deepEqual(await counts(stage), before);
    await again(stage, blind(stage, isShown));
    const { held, ...rest } = await counts(stage);
    assert.ok(held > 25);
    assert.deepEqual(rest, { rows: before.rows, deleted: 0, doubts: 0 });
    await again(stage);
    assert.deepEqual(await counts(stage), before);
  });
}

test("rows of a department that the agent lost are held, few or many, and nothing is deleted", async () => {
  await using stage = await createStage(["tickets"], { tickets: 200 });
  stage.desk.clock.advance(10 * MINUTE_MS);
  const context = stage.context("tickets");
  await stage.pull("tickets");
  const before = await counts(stage, "tickets");
  const byDepartment = Map.groupBy(
    await stage.sink.rows(context.writer.table, { limit: 1_000 }),
    ({ data }) => data!["departmentId"] as string,
  );
  const [smallest, ...others] = [...byDepartment].toSorted(([, left], [, right]) => left.length - right.length);
  const loseAndPull = async (departments: readonly string[]): Promise<void> => {
    for (const id of departments) stage.desk.faults.lostDepartments.add(id);
    for (let pulls = 0; pulls < 2; pulls++) {
      await again(stage, context);
      stage.desk.clock.advance(MINUTE_MS);
      await stage.settle("tickets");
    }
  };
  await loseAndPull([smallest![0]]);
  assert.deepEqual(await counts(stage, "tickets"), { ...before, held: smallest![1].length });
  await loseAndPull(others.slice(0, -1).map(([id]) => id));
  const { held, ...rest } = await counts(stage, "tickets");
  assert.equal(held, before.rows - others.at(-1)![1].length);
  assert.deepEqual(rest, { rows: before.rows, deleted: 0, doubts: 0 });
  stage.desk.faults.clear();
  await again(stage, context);
  assert.deepEqual(await counts(stage, "tickets"), before);
  assert.equal((await stage.verify("tickets")).equal, true);
});

/** Takes something away from a Desk whose tables were pulled; gives what was deleted and held after two listings of each. */
async function loseAndRead(stage: Stage, tables: readonly string[], lose: () => void) {
  stage.desk.clock.advance(10 * MINUTE_MS);
  await stage.pull(...tables);
  lose();
  for (let listings = 0; listings < 2; listings++) {
    for (const table of tables) {
      await again(stage, stage.context(table));
      stage.desk.clock.advance(MINUTE_MS);
      await stage.settle(table);
    }
  }
  const held = await stage.sink.suspects.held("acme");
  return Promise.all(
    tables.map(async (table) => ({
      table,
      deleted: (await stage.sink.count(stage.context(table).writer.table)).deleted,
      held: held.find(({ stream }) => stream === table)?.count ?? 0,
    })),
  );
}

test("layouts and tags of a department that the agent lost are held, and none is deleted", async () => {
  const tables = ["departments", "layouts", "ticket_tags"];
  await using stage = await createStage(tables, { tickets: 40 });
  const { key } = stage.desk.store.records("departments").find(({ detail }) => detail["isEnabled"] === true)!;
  const lost = await loseAndRead(stage, tables, () => stage.desk.faults.lostDepartments.add(key));
  assert.deepEqual(
    lost.map(({ deleted }) => deleted),
    [0, 0, 0],
  );
  assert.ok(lost.every(({ held }) => held > 0));
  stage.desk.faults.clear();
  for (const table of tables) await again(stage, stage.context(table));
  assert.deepEqual(await stage.sink.suspects.held("acme"), []);
});

for (const [title, hiding] of [
  ["of records that only lists show, few too, none is deleted while lists lack half", "half"],
  ["of records that only lists show, few too, none is deleted while lists are empty", "all"],
] as const) {
  test(title, async () => {
    const tables = ["organizations", "departments", "teams", "team_members", "channels", "ticket_tags"];
    await using stage = await createStage(tables, { tickets: 40 });
    const hidden = await loseAndRead(stage, tables, () => stage.desk.faults.hideFromLists(hiding));
    assert.deepEqual(
      hidden.filter(({ deleted }) => deleted > 0),
      [],
    );
    const alone = hidden.filter(({ table }) => ["team_members", "channels", "ticket_tags"].includes(table));
    assert.ok(alone.every(({ held }) => held > 0));
    stage.desk.faults.clear();
    for (const table of tables) await again(stage, stage.context(table));
    assert.deepEqual(await stage.sink.suspects.held("acme"), []);
  });
}

test("attachments of a ticket that was deleted are asked for, not held, though only lists show them", async () => {
  await using stage = await createStage(["tickets", "ticket_attachments"]);
  const { desk, source, sink } = stage;
  desk.clock.advance(10 * MINUTE_MS);
  await stage.pull("tickets", "ticket_attachments");
  const before = await counts(stage, "ticket_attachments");
  const { table } = stage.context("ticket_attachments").writer;
  const tickets = new Set((await sink.rows(table, { limit: 500 })).map(({ parentId }) => parentId!));
  for (const key of tickets) {
    desk.store.delete("tickets", key);
    desk.clock.advance(MINUTE_MS);
    await stage.context("tickets").writer.write({ changes: [await source.get("tickets", key, null, heal)] });
  }
  await again(stage, stage.context("ticket_attachments"));
  assert.deepEqual(await counts(stage, "ticket_attachments"), { ...before, held: 0, doubts: before.rows });
  desk.clock.advance(MINUTE_MS);
  await stage.settle("ticket_attachments");
  assert.deepEqual(await counts(stage, "ticket_attachments"), { rows: 0, deleted: before.rows, held: 0, doubts: 0 });
});

test("an attachment whose ticket is not here is asked for, not held, though only lists show it", async () => {
  await using stage = await createStage(["tickets", "ticket_attachments"]);
  const { sink, desk } = stage;
  const { writer } = stage.context("ticket_attachments");
  // Its event came; its ticket was archived before anybody read it.
  const { key, parentId } = desk.store.records("ticket_attachments").find(({ deleted }) => !deleted)!;
  await writer.write({ changes: [await stage.source.get("ticket_attachments", key, parentId, heal)] });
  await again(stage, stage.context("ticket_attachments"));
  assert.deepEqual(await counts(stage, "ticket_attachments"), { rows: 1, deleted: 0, held: 0, doubts: 1 });
  desk.clock.advance(MINUTE_MS);
  await stage.settle("ticket_attachments");
  assert.deepEqual(await sink.doubts("acme", 10), []);
  assert.equal((await sink.count(writer.table)).rows, 1, "it is there, as its ticket's list says");
});

test("what came back unmodified and is found only when the bin has long forgotten it is asked for", async () => {
  await using stage = await stageOfContacts();
  const before = await counts(stage);
  const { desk, source } = stage;
  const { key } = desk.store.records("contacts").find(({ deleted }) => !deleted)!;
  desk.store.delete("contacts", key);
  desk.clock.advance(MINUTE_MS);
  await stage.context("contacts").writer.write({ changes: [await source.get("contacts", key, null, heal)] });
  assert.equal((await counts(stage)).deleted, 1);
  desk.store.restore("contacts", key);
  desk.clock.advance(70 * 24 * 60 * MINUTE_MS);
  await again(stage);
  assert.deepEqual(await counts(stage), { ...before, rows: before.rows - 1, deleted: 1, doubts: 1 });
  desk.clock.advance(MINUTE_MS);
  await stage.settle("contacts");
  assert.deepEqual(await counts(stage), before);
});

test("a pull that starts anew keeps tombstones", async () => {
  await using stage = await stageOfContacts();
  const gone = purge(stage, 10);
  await again(stage);
  stage.desk.clock.advance(MINUTE_MS);
  await stage.settle("contacts");
  await again(stage);
  assert.equal((await counts(stage)).deleted, gone);
});

test("nango #2604: a record that a webhook brought while the listing was read is not taken for deleted", async () => {
  await using stage = await stageOfContacts();
  const context = stage.context("contacts");
  let created: string | null = null;
  /** Makes a contact once a page was had: the listing, which ends before it, lacks it. */
  async function page(...args: Parameters<typeof context.source.page>): Promise<Page> {
    const had = await context.source.page(...args);
    if (created === null) {
      created = stage.desk.store.create("contacts", { lastName: "Of a webhook" }).id;
      await context.writer.write({ changes: [await context.source.get("contacts", created, null, heal)] });
    }
    return had;
  }
  const before = await counts(stage);
  await again(stage, { ...context, source: { ...context.source, page } });
  assert.notEqual(created, null);
  assert.deepEqual(await counts(stage), { ...before, rows: before.rows + 1 });
  assert.equal((await pullOf(stage)).state, "complete");
});
