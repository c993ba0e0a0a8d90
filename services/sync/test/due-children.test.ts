import assert from "node:assert/strict";
import { test } from "node:test";
import { TransientError } from "@deskmirror/model";
import type { Batch, Change, Table } from "@deskmirror/model";
import type { Children } from "@deskmirror/redis";
import { createMarkDue } from "../src/mirror/due-children.ts";
import { runPull } from "../src/mirror/pull.ts";
import { withTableLease } from "../src/mirror/table-lease.ts";
import { createTableWriter } from "../src/mirror/table-writer.ts";
import { createStage, heal } from "./support/stage.ts";
import type { Stage } from "./support/stage.ts";

const tables = ["tickets", "ticket_comments", "ticket_history"];

/** Marks for a stream of the stage, and what they made due, as `table key`. */
function createMarks({ contexts }: Stage, table: string) {
  const marked: string[] = [];
  const add = async (_source: string, due: readonly Children[]): Promise<void> =>
    void marked.push(...due.map(({ stream, parentKey }) => `${stream} ${parentKey}`));
  const dueChildren = { add, claim: async () => [], done: async () => {}, size: async () => 0 };
  const enabled = [...contexts.values()].map(({ stream }) => stream);
  const mark = createMarkDue(contexts.get(table)!.stream, {
    source: "acme",
    enabled,
    dueChildren,
  });
  return { mark, marked };
}

async function readComment({ desk, source }: Stage): Promise<Change> {
  const { key, parentId } = desk.store.records("ticket_comments").find(({ deleted }) => !deleted)!;
  return source.get("ticket_comments", key, parentId, heal);
}

test("a changed ticket makes its children due, a changed comment its ticket's history, history nothing", async () => {
  await using stage = await createStage(tables);
  const comment = (await readComment(stage)) as Change & { readonly parentId: string };
  const ofTickets = createMarks(stage, "tickets");
  await ofTickets.mark!([{ ...comment, key: "7", parentId: null }]);
  assert.deepEqual(ofTickets.marked, ["ticket_comments 7", "ticket_history 7"]);
  const ofComments = createMarks(stage, "ticket_comments");
  await ofComments.mark!([comment]);
  assert.deepEqual(ofComments.marked, [`ticket_history ${comment.parentId}`]);
  assert.equal(createMarks(stage, "ticket_history").mark, null);
});

/** A writer of a table that notes when its commits are done and when what they touch is marked. */
function watchWrites({ sink, source }: Stage, table: Table) {
  const order: string[] = [];
  const watched = {
    ...sink,
    write: async (batch: Batch) => {
      const result = await sink.write(batch);
      order.push("committed");
      return result;
    },
  };
  const onTouched = async (): Promise<void> => void order.push("marked");
  return { order, writer: createTableWriter({ sink: watched, table, now: () => source.now(), onTouched }) };
}

/** A page of tickets as comparing reads them. */
async function readTickets({ source }: Stage): Promise<readonly Change[]> {
  const [cursor] = await source.plan("tickets", [], heal);
  return (await source.page("tickets", cursor!, heal)).changes;
}

test("what a GET tells is marked before its commit; a quiet write marks nothing", async () => {
  await using stage = await createStage(tables);
  const { table } = stage.context("ticket_comments").writer;
  const comment = await readComment(stage);
  const { order, writer } = watchWrites(stage, table);
  await writer.write({ changes: [comment] });
  assert.deepEqual(order, ["marked", "committed"]);
  await writer.write({ changes: [comment], quiet: true });
  assert.deepEqual(order, ["marked", "committed", "committed"]);
});

test("an event that lacks keys marks its ticket's history, since the answer marks nothing of a record that is here already", async () => {
  await using stage = await createStage(tables);
  const { table } = stage.context("ticket_comments").writer;
  const comment = await readComment(stage);
  const { order, writer } = watchWrites(stage, table);
  const { key, parentId } = comment;
  await writer.write({ changes: [comment], quiet: true });
  await writer.write({ changes: [{ op: "refetch", key, origin: "event", parentId, afterMs: stage.source.now() }] });
  assert.deepEqual(order.toSorted(), ["committed", "committed", "marked"]);
  await writer.write({ changes: [comment] });
  assert.deepEqual(order.slice(3), ["committed"]);
});

test("a deletion is marked again once it is committed, so that whoever reads its children finds it deleted", async () => {
  await using stage = await createStage(["tickets"]);
  await stage.pull("tickets");
  const { table } = stage.context("tickets").writer;
  const [ticket] = await stage.sink.rows(table, { limit: 1 });
  stage.desk.store.delete("tickets", ticket!.key);
  stage.desk.clock.advance(10_000);
  const { order, writer } = watchWrites(stage, table);
  await writer.write({ changes: [await stage.source.get("tickets", ticket!.key, null, heal)] });
  assert.deepEqual(order, ["marked", "committed", "marked"]);
});

test("what comparing finds is marked before its commit is known, and only what makes the row another one", async () => {
  await using stage = await createStage(tables);
  const { table } = stage.context("tickets").writer;
  const { order, writer } = watchWrites(stage, table);
  const changes = await readTickets(stage);
  await writer.write({ changes });
  assert.deepEqual(order, ["marked", "committed"]);
  await writer.write({ changes });
  assert.deepEqual(order, ["marked", "committed", "committed"]);
});

test("a change found by comparing whose children could not be marked is found once more", async () => {
  await using stage = await createStage(tables);
  const { table } = stage.context("tickets").writer;
  const { sink, source } = stage;
  const marked: string[] = [];
  let isRedisAway = true;
  const onTouched = async (touched: readonly Change[]): Promise<void> => {
    if (isRedisAway) throw new TransientError("Redis is away");
    marked.push(...touched.map(({ key }) => key));
  };
  const writer = createTableWriter({ sink, table, now: () => source.now(), onTouched });
  const changes = await readTickets(stage);
  await assert.rejects(writer.write({ changes }), TransientError);
  isRedisAway = false;
  await writer.write({ changes });
  assert.deepEqual(
    marked,
    changes.map(({ key }) => key),
  );
});

/** Of a ticket that changes without a word between two pulls: what the first marked, what the second did, and that ticket. */
async function pullAroundChange(stage: Stage) {
  const marked: string[] = [];
  const onTouched = async (changes: readonly Change[]): Promise<void> =>
    void marked.push(...changes.map(({ key }) => key));
  const { table } = stage.context("tickets").writer;
  const writer = createTableWriter({ sink: stage.sink, table, now: () => stage.source.now(), onTouched });
  const context = { ...stage.context("tickets"), writer };
  let asked = 0;
  async function pull(): Promise<void> {
    asked += 1;
    stage.desk.clock.advance(10_000);
    await withTableLease(context, { leases: stage.leases, signal: heal.signal }, (session, signal) =>
      runPull(context, session, { asked, purpose: "pull", signal }),
    );
  }
  await pull();
  const first = marked.splice(0);
  const [ticket] = await stage.sink.rows(table, { limit: 1 });
  stage.desk.store.update("tickets", ticket!.key, { priority: "High", subject: "Changed without a word" });
  await pull();
  return { first, second: marked, ticket: ticket!.key };
}

test("an event was lost and a pull brought its change: the children are due, for they may have been read before", async () => {
  await using stage = await createStage(["tickets"]);
  const { first, second, ticket } = await pullAroundChange(stage);
  assert.deepEqual(first, [], "of a first pull nothing was read before");
  assert.deepEqual(second, [ticket]);
});

test("the children are due just so when the first pull fell short, for they are read under an incomplete table too", async () => {
  await using stage = await createStage(["tickets"], { tickets: 200, settings: { ticketsCountArchived: true } });
  const { first, second, ticket } = await pullAroundChange(stage);
  const pulled = (await stage.sink.states("acme")).get("tickets")?.progress["pull"] as { readonly state: string };
  assert.equal(pulled.state, "incomplete");
  assert.deepEqual([first, second], [[], [ticket]]);
});
