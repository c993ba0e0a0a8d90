import assert from "node:assert/strict";
import { test } from "node:test";
import type { Gap } from "@deskmirror/model";
import type { Children } from "@deskmirror/redis";
import { createLog } from "@deskmirror/runtime";
import { tableLife } from "../src/mirror/due-work.ts";
import type { Intervals, TableFacts } from "../src/mirror/due-work.ts";
import { createMarkDue } from "../src/mirror/due-children.ts";
import { createRestores } from "../src/mirror/restores.ts";
import type { Restores } from "../src/mirror/restores.ts";
import { createRounds } from "../src/mirror/rounds.ts";
import { toProgress } from "../src/mirror/table-context.ts";
import { createTableWriter } from "../src/mirror/table-writer.ts";
import { createTableWork } from "../src/mirror/table-work.ts";
import { createStage, heal } from "./support/stage.ts";
import type { Stage } from "./support/stage.ts";

const HOUR_MS = 3_600_000;
/** Gaps that open within this time of the first are healed together. */
const SETTLES_MS = 5_000;
const intervals = { reconcileMs: 1_000, compareMs: HOUR_MS, sweepMs: HOUR_MS };

interface TestRounds {
  readonly laterMs?: number;
  readonly intervals?: Intervals;
  readonly restores?: Restores;
}

/** Rounds on a stage, with its facts `laterMs` from now, and gaps kept in a list. */
function createTestRounds(stage: Pick<Stage, "leases" | "sink" | "source" | "contexts">, options: TestRounds = {}) {
  const { laterMs = 0, intervals: given = intervals, restores = createRestores() } = options;
  const log = createLog({ service: "sync", level: "silent" });
  const { leases } = stage;
  const open: Gap[] = [];
  let aheadMs = 0;
  const work = createTableWork({ leases, log, now: Date.now });
  async function facts(): Promise<readonly TableFacts[]> {
    const states = await stage.sink.states("acme");
    return [...stage.contexts.values()].map(({ stream }) => {
      const state = states.get(stream.name);
      const { watermarkMs = null } = state ?? {};
      const nowMs = stage.source.now() + laterMs;
      return {
        stream,
        progress: toProgress(state),
        watermarkMs,
        asked: 1,
        refusedRows: 0,
        heldRows: 0,
        nowMs,
        intervals: given,
      };
    });
  }
  const gaps = {
    open: async (_source: string, reason: string, fromMs: number) =>
      void open.push({ reason, fromMs, toMs: null, state: "open" }),
    close: async () => void open.splice(0),
    list: async () => open,
  };
  const { source, contexts } = stage;
  // Whether events came is another test's matter: silence.redis.test.ts.
  const heard = { silence: { hear: async () => null }, onSilence: async () => {} };
  const rounds = createRounds({
    name: "acme",
    source,
    contexts,
    facts,
    work,
    gaps,
    restores,
    ...heard,
    now: () => Date.now() + aheadMs,
    log,
  });
  const later = (ms: number): void => void (aheadMs += ms);
  const life = async (table: string): Promise<string> =>
    tableLife((await facts()).find(({ stream }) => stream.name === table)!);
  return { rounds, work, gaps, open, life, facts, later };
}

async function isLive(stage: Stage, table: string, key: string): Promise<boolean> {
  const [row] = await stage.sink.rowsByKey(stage.context(table).writer.table, [key]);
  return row?.deletedMs === null;
}

function requests(stage: Stage, path: string): number {
  return stage.desk.stats.snapshot().requests[path] ?? 0;
}

test("a round finds what was changed and what was deleted without an event", async () => {
  await using stage = await createStage(["tickets"]);
  await stage.pull("tickets");
  const [changed, deleted] = [...stage.desk.store.records("tickets")].filter((record) => !record.deleted);
  stage.desk.store.update("tickets", changed!.key, { subject: "quietly" });
  stage.desk.store.delete("tickets", deleted!.key);
  const [round] = await createTestRounds(stage).rounds.run(null, heal.signal);
  assert.deepEqual([round!.name, round!.state, round!.message], ["tickets", "complete", null]);
  assert.equal((await stage.verify("tickets")).equal, true);
  assert.equal(await isLive(stage, "tickets", deleted!.key), false);
});

test("the bin is read whole when its interval is over, and only then: a quiet restore is found", async () => {
  await using stage = await createStage(["tickets"]);
  await stage.pull("tickets");
  const { key } = stage.desk.store.records("tickets").find(({ deleted }) => !deleted)!;
  stage.desk.store.delete("tickets", key);
  await createTestRounds(stage).rounds.runDue(heal.signal);
  // No GET is known current within some seconds of the delete.
  stage.desk.clock.advance(10_000);
  stage.desk.store.restore("tickets", key);
  await createTestRounds(stage, { laterMs: HOUR_MS / 2 }).rounds.runDue(heal.signal);
  await stage.settle("tickets");
  assert.equal(await isLive(stage, "tickets", key), false);
  await createTestRounds(stage, { laterMs: 2 * HOUR_MS }).rounds.runDue(heal.signal);
  await stage.settle("tickets");
  assert.equal(await isLive(stage, "tickets", key), true);
});

test("after one restore that was told, the next round reads the bin whole and finds those that were not", async () => {
  await using stage = await createStage(["tickets"]);
  await stage.pull("tickets");
  const [told, quiet] = [...stage.desk.store.records("tickets")].filter(({ deleted }) => !deleted);
  for (const { key } of [told!, quiet!]) stage.desk.store.delete("tickets", key);
  await createTestRounds(stage).rounds.runDue(heal.signal);
  stage.desk.clock.advance(10_000);
  for (const { key } of [told!, quiet!]) stage.desk.store.restore("tickets", key);
  const restores = createRestores();
  const { sink, source } = stage;
  const { table } = stage.context("tickets").writer;
  const writer = createTableWriter({ sink, table, now: () => source.now(), onRestored: restores.seen });
  stage.desk.clock.advance(10_000);
  await writer.write({ changes: [await source.get("tickets", told!.key, null, heal)] });
  assert.equal(await isLive(stage, "tickets", told!.key), true);
  const round = async (): Promise<void> => {
    await createTestRounds(stage, { laterMs: HOUR_MS / 2, restores }).rounds.runDue(heal.signal);
    await stage.settle("tickets");
  };
  stage.desk.faults.add({ kind: "html", match: "/recycleBin", times: 20 });
  await round().catch(() => {});
  stage.desk.faults.clear();
  assert.equal(await isLive(stage, "tickets", quiet!.key), false);
  await round();
  assert.equal(await isLive(stage, "tickets", quiet!.key), true);
  assert.equal(restores.isBinDue(), false);
});

test("a table whose scope was taken away is in error and rests, the others go on, and a good round clears it", async () => {
  await using stage = await createStage(["tickets", "contacts"]);
  await stage.pull("tickets", "contacts");
  const { revokedScopes } = stage.desk.faults;
  for (const verb of ["READ", "ALL"]) revokedScopes.add(`Desk.contacts.${verb}`);
  const { rounds, life } = createTestRounds(stage);
  const done = await rounds.run(null, heal.signal);
  const contacts = done.find(({ name }) => name === "contacts")!;
  assert.equal(contacts.state, "incomplete");
  assert.match(contacts.message!, /Desk\.contacts/);
  assert.equal(done.find(({ name }) => name === "tickets")!.state, "complete");
  assert.deepEqual([await life("contacts"), await life("tickets")], ["error", "live"]);
  const before = requests(stage, "GET /contacts/search");
  await rounds.runDue(heal.signal);
  assert.equal(requests(stage, "GET /contacts/search"), before);

  revokedScopes.clear();
  const again = createTestRounds(stage);
  await again.rounds.run(null, heal.signal);
  assert.equal(await again.life("contacts"), "live");
});

test("a gap is closed by a round in which no table fell short, and not before", async () => {
  await using stage = await createStage(["tickets", "contacts"]);
  await stage.pull("tickets", "contacts");
  const { rounds, gaps, open } = createTestRounds(stage);
  await gaps.open("acme", "ingest down", 0);
  stage.desk.faults.add({ kind: "html", match: "/contacts/search", times: 1_000 });
  await rounds.runDue(heal.signal);
  assert.equal(open.length, 1);
  stage.desk.faults.clear();
  await createTestRounds(stage).rounds.run(null, heal.signal);
  const well = createTestRounds(stage);
  await well.gaps.open("acme", "ingest down", 0);
  await well.rounds.runDue(heal.signal);
  well.later(SETTLES_MS);
  await well.rounds.runDue(heal.signal);
  assert.equal(well.open.length, 0);
});

test("a gap stays open while a table that fell short rests, and the tables that are proven are not read meanwhile", async () => {
  await using stage = await createStage(["tickets", "contacts"]);
  await stage.pull("tickets", "contacts");
  const { rounds, gaps, open, later } = createTestRounds(stage, { intervals: { ...intervals, reconcileMs: HOUR_MS } });
  await rounds.runDue(heal.signal);
  await gaps.open("acme", "ingest down", 0);
  stage.desk.faults.add({ kind: "html", match: "/contacts/search", times: 1_000 });
  await rounds.runDue(heal.signal);
  later(SETTLES_MS);
  await rounds.runDue(heal.signal);
  const before = requests(stage, "GET /tickets/search");
  stage.desk.faults.clear();
  await rounds.runDue(heal.signal);
  assert.equal(open.length, 1);
  assert.equal(requests(stage, "GET /tickets/search"), before);
});

test("gaps that open one after another make a round each tenth of the interval at most", async () => {
  await using stage = await createStage(["tickets"]);
  await stage.pull("tickets");
  const { rounds, gaps, open, later } = createTestRounds(stage, { intervals: { ...intervals, reconcileMs: HOUR_MS } });
  await rounds.runDue(heal.signal);
  const before = requests(stage, "GET /tickets/search");
  for (let gap = 0; gap < 5; gap++) {
    await gaps.open("acme", "answered 413", 0);
    await rounds.runDue(heal.signal);
    later(SETTLES_MS);
    await rounds.runDue(heal.signal);
  }
  assert.equal(requests(stage, "GET /tickets/search") - before, 1);
  assert.equal(open.length, 4);
});

test("gaps that ingests tell one after another when they are started together are healed by one round", async () => {
  await using stage = await createStage(["tickets"]);
  await stage.pull("tickets");
  const { rounds, gaps, open, later } = createTestRounds(stage, { intervals: { ...intervals, reconcileMs: HOUR_MS } });
  await rounds.runDue(heal.signal);
  const before = requests(stage, "GET /tickets/search");
  for (let ingest = 0; ingest < 2; ingest++) {
    await gaps.open("acme", "ingest down", 0);
    await rounds.runDue(heal.signal);
    later(SETTLES_MS / 2);
  }
  assert.equal(requests(stage, "GET /tickets/search"), before);
  await rounds.runDue(heal.signal);
  assert.equal(requests(stage, "GET /tickets/search") - before, 1);
  assert.equal(open.length, 0);
});

test("a round that finds a ticket changed makes each wanted child table of it due", async () => {
  const marked: string[] = [];
  const add = async (_source: string, due: readonly Children[]): Promise<void> =>
    void marked.push(...due.map(({ stream, parentKey }) => `${stream} ${parentKey}`));
  await using stage = await createStage(["tickets", "ticket_comments", "ticket_history"]);
  await stage.pull("tickets");
  const dueChildren = { add, claim: async () => [], done: async () => {}, size: async () => 0 };
  const context = stage.context("tickets");
  const { table } = context.writer;
  const { sink, source, contexts } = stage;
  const enabled = [...contexts.values()].map(({ stream }) => stream);
  const onTouched = createMarkDue(context.stream, { source: "acme", enabled, dueChildren })!;
  const writer = createTableWriter({ sink, table, now: () => source.now(), onTouched });
  const marking = new Map([["tickets", { ...context, writer }]]);
  const { key } = stage.desk.store.records("tickets").find(({ deleted, archived }) => !deleted && !archived)!;
  stage.desk.store.update("tickets", key, { subject: "quietly" });
  await createTestRounds({ ...stage, contexts: marking }).rounds.run(null, heal.signal);
  assert.deepEqual(marked.toSorted(), [`ticket_comments ${key}`, `ticket_history ${key}`]);
});

test("an idle round costs a search of each table and a look at the bin, and one after many changes little more than their pages", async (t) => {
  await using stage = await createStage(["tickets", "contacts", "accounts", "tasks"], { tickets: 2_500 });
  const { desk, source } = stage;
  const later = async (minutes: number): Promise<void> => {
    desk.clock.advance(minutes * 60_000);
    await source.organization(heal);
  };
  await later(60);
  await stage.pull("tickets", "contacts", "accounts", "tasks");
  const { rounds } = createTestRounds(stage);
  const spend = async (): Promise<number> => {
    await later(15);
    const before = desk.stats.snapshot().creditsSpent;
    await rounds.runDue(heal.signal);
    return desk.stats.snapshot().creditsSpent - before;
  };
  await spend();
  const idle = await spend();
  assert.equal(idle, 4 * 3 + 3);
  const changed = [...desk.store.records("tickets")].filter(({ deleted, archived }) => !deleted && !archived);
  for (const { key } of changed.slice(0, 1_500)) {
    desk.store.update("tickets", key, { subject: "changed" });
    desk.clock.advance(1_000);
  }
  const spent = await spend();
  t.diagnostic(`idle ${idle} credits, 1,500 changed rows ${spent}`);
  assert.ok(spent <= 1.2 * ((1_500 / 100) * 3 + idle), `${spent} credits`);
});

test("an attachment that only its deletion told of, and that the bin lists no more, is no doubt that nobody can answer", async () => {
  await using stage = await createStage(["tickets", "ticket_attachments"]);
  await stage.pull("tickets", "ticket_attachments");
  const ticket = stage.desk.store.records("tickets").find(({ deleted, archived }) => !deleted && !archived)!;
  const { id } = stage.desk.store.create("ticket_attachments", { name: "a", size: "1" }, { parentId: ticket.key });
  stage.desk.store.delete("ticket_attachments", id);
  const { rounds } = createTestRounds(stage);
  await rounds.run(null, heal.signal);
  assert.equal((await stage.sink.rowsByKey(stage.context("ticket_attachments").writer.table, [id])).length, 1);
  stage.desk.store.purge("tickets", ticket.key);
  stage.desk.store.purge("ticket_attachments", id);
  await rounds.run(null, heal.signal);
  const doubts = await stage.sink.doubts("acme", 100);
  assert.deepEqual(
    doubts.filter(({ stream }) => stream === "ticket_attachments"),
    [],
  );
});

test("PostHog #64417: a change that search showed minutes late is found, since a round looks back behind its watermark", async () => {
  const MINUTE_MS = 60_000;
  await using stage = await createStage(["contacts"], { indexLagMs: 5 * MINUTE_MS });
  /** Moves Desk's clock, and ours, which follows what Desk says. */
  async function advance(minutes: number): Promise<void> {
    stage.desk.clock.advance(minutes * MINUTE_MS);
    await stage.source.count("contacts", heal);
  }
  await advance(10);
  await stage.pull("contacts");
  const { rounds, facts } = createTestRounds(stage);
  const { key } = stage.desk.store.records("contacts").find(({ deleted }) => !deleted)!;
  const changedMs = stage.source.now();
  stage.desk.store.update("contacts", key, { phone: "+49 30 1" });
  const phone = async () =>
    (await stage.sink.rowsByKey(stage.context("contacts").writer.table, [key]))[0]!.data!["phone"];
  await advance(4);
  await rounds.run(null, heal.signal);
  assert.notEqual(await phone(), "+49 30 1");
  assert.ok((await facts())[0]!.watermarkMs! > changedMs, "the watermark has passed it");
  await advance(2);
  await rounds.run(null, heal.signal);
  assert.equal(await phone(), "+49 30 1");
});
