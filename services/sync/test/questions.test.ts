import assert from "node:assert/strict";
import { test } from "node:test";
import { createLog } from "@deskmirror/runtime";
import type { Due } from "@deskmirror/redis";
import { createMemoryDueSet } from "@deskmirror/testing";
import { NO_PROGRESS } from "../src/mirror/progress.ts";
import type { Progress } from "../src/mirror/progress.ts";
import { runPull } from "../src/mirror/pull.ts";
import { createQuestions } from "../src/mirror/questions.ts";
import { toProgress } from "../src/mirror/table-context.ts";
import { withTableLease } from "../src/mirror/table-lease.ts";
import { createStage, heal } from "./support/stage.ts";
import type { Stage } from "./support/stage.ts";
import { facts, running } from "./support/table-facts.ts";

const unplanned: Progress = { ...NO_PROGRESS, pull: { ...running, parentsAfter: "", parentsUntil: "" } };

/** Reads what is due while the pull of comments is, unless said, yet to come to the children of any ticket; gives what is still due. */
async function readDue(
  { contexts, source, sink, dataSource }: Stage,
  due: readonly Due[],
  progress = async (): Promise<Progress> => unplanned,
): Promise<readonly Due[]> {
  const left = new Set(due);
  const unclaimed = [...due];
  const questions = createQuestions({
    name: dataSource.name,
    source,
    sink,
    contexts,
    facts: async () => [facts({ stream: contexts.get("ticket_comments")!.stream, progress: await progress() })],
    dueChildren: {
      ...createMemoryDueSet(),
      add: async () => {},
      claim: async () => unclaimed.splice(0),
      done: async (_source, done) => void left.delete(done),
      size: async () => left.size,
    },
    now: Date.now,
    log: createLog({ service: "sync", level: "silent" }),
  });
  await questions.readDueChildren(heal.signal);
  return [...left];
}

/** A ticket that has comments. */
function pickTicket({ desk }: Stage): string {
  return desk.store.records("ticket_comments").find(({ deleted }) => !deleted)!.parentId!;
}

const toDue = (parentKey: string): Due => ({ stream: "ticket_comments", parentKey, dueMs: 1 });

test("children that a pull is still to read are left to it", async () => {
  await using stage = await createStage(["tickets", "ticket_comments"]);
  await stage.pull("tickets");
  assert.deepEqual(await readDue(stage, [toDue(pickTicket(stage))]), []);
  assert.equal((await stage.sink.count(stage.context("ticket_comments").writer.table)).rows, 0);
});

test("a ticket is deleted while its children are to be pulled: the pull will not read them, so they are asked for at once", async () => {
  await using stage = await createStage(["tickets", "ticket_comments"]);
  await stage.pull("tickets", "ticket_comments");
  const ticket = pickTicket(stage);
  stage.desk.store.delete("tickets", ticket);
  stage.desk.clock.advance(10_000);
  const change = await stage.source.get("tickets", ticket, null, heal);
  await stage.context("tickets").writer.write({ changes: [change] });
  assert.deepEqual(await readDue(stage, [toDue(ticket)]), []);
  await stage.settle("ticket_comments");
  const { table } = stage.context("ticket_comments").writer;
  const rows = await stage.sink.rows(table, { parentId: ticket, limit: 100 });
  assert.deepEqual(rows, []);
  assert.ok((await stage.sink.count(table)).deleted > 0);
});

test("children of a ticket that is not here are read at once, though a pull is still to come to it", async () => {
  await using stage = await createStage(["tickets", "ticket_comments"]);
  assert.deepEqual(await readDue(stage, [toDue(pickTicket(stage))]), []);
  assert.ok((await stage.sink.count(stage.context("ticket_comments").writer.table)).rows > 0);
});

const LOOKS = 5;
for (let look = 1; look <= LOOKS; look += 1) {
  test(`a ticket comes just after the pull of comments looked for tickets, time ${look} of ${LOOKS}: its comments are read`, async () => {
    await using stage = await createStage(["tickets", "ticket_comments"]);
    const { sink, source, leases } = stage;
    const ticket = pickTicket(stage);
    const others = [...stage.desk.store.records("tickets")].filter(({ key, deleted }) => key !== ticket && !deleted);
    const comes = async (key: string): Promise<void> => {
      await stage.context("tickets").writer.write({ changes: [await source.get("tickets", key, null, heal)] });
    };
    for (const { key } of others) await comes(key);
    const progress = async () => toProgress((await sink.states("acme")).get("ticket_comments"));
    let looks = 0;
    const rows: typeof sink.rows = async (table, options) => {
      const found = await sink.rows(table, options);
      if (table.stream === "tickets" && ++looks === look) {
        await comes(ticket);
        assert.deepEqual(await readDue(stage, [toDue(ticket)], progress), []);
      }
      return found;
    };
    const context = { ...stage.context("ticket_comments"), sink: { ...sink, rows } };
    await withTableLease(context, { leases, signal: heal.signal }, (session, signal) =>
      runPull(context, session, { asked: 1, purpose: "pull", signal }),
    );
    assert.ok(looks >= LOOKS);
    assert.ok((await sink.rows(context.writer.table, { parentId: ticket, limit: 100 })).length > 0);
  });
}
