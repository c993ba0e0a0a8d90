import assert from "node:assert/strict";
import { test } from "node:test";
import type { Upsert } from "@deskmirror/model";
import { createStage, heal } from "./support/stage.ts";
import type { Stage } from "./support/stage.ts";

/** What a verdict says of one table, without its numbers. */
async function verdictOf(stage: Stage, table: string) {
  const { equal, tables } = await stage.verify(table);
  const { missing, extra, different, message } = tables.find(({ name }) => name === table)!;
  return { equal, missing, extra, different, ...(message !== undefined && { message }) };
}

async function anyTicket({ desk }: Stage): Promise<string> {
  return desk.store.records("tickets").find(({ deleted, archived }) => !deleted && !archived)!.key;
}

/** Writes a record as the source gives it, changed by hand. */
async function spoil(stage: Stage, table: string, key: string, change: (truth: Upsert) => Partial<Upsert>) {
  const { sink, writer, source } = stage.context(table);
  const [row] = await sink.rowsByKey(writer.table, [key]);
  const truth = (await source.get(table, key, row?.parentId ?? null, heal)) as Upsert;
  const later = `${"9".repeat(15)}${truth.core!.version.slice(15)}`;
  const core = { ...truth.core!, version: later };
  await sink.write({
    table: writer.table,
    changes: [{ ...truth, core, ...change({ ...truth, core }) }],
    horizonMs: 1e15,
  });
}

test("what was pulled is equal, texts that no database stores included", async () => {
  await using stage = await createStage(["tickets", "ticket_comments"]);
  const id = await anyTicket(stage);
  stage.desk.store.update("tickets", id, { subject: "nul\0 and half a \uD83D" });
  await stage.pull("tickets", "ticket_comments");
  const verdict = await stage.verify("tickets", "ticket_comments");
  assert.equal(verdict.equal, true, JSON.stringify(verdict));
  assert.equal(verdict.looks, 1);
});

test("a row with the right content and a wrong modified time is different", async () => {
  await using stage = await createStage(["tickets"]);
  await stage.pull("tickets");
  const id = await anyTicket(stage);
  await spoil(stage, "tickets", id, ({ modifiedMs }) => ({ modifiedMs: modifiedMs! - 1_000 }));
  assert.deepEqual(await verdictOf(stage, "tickets"), { equal: false, missing: [], extra: [], different: [id] });
});

test("tickets that were archived since are compared with nothing and counted nowhere", async () => {
  await using stage = await createStage(["tickets"]);
  await stage.pull("tickets");
  const [asked, unasked] = [...stage.desk.store.records("tickets")].filter(
    ({ deleted, archived }) => !deleted && !archived,
  );
  for (const { key } of [asked!, unasked!]) stage.desk.store.archive(key);
  const context = stage.context("tickets");
  await context.writer.write({ changes: [await stage.source.get("tickets", asked!.key, null, heal)] });
  const { equal, tables } = await stage.verify("tickets");
  assert.equal(equal, true);
  assert.equal(tables[0]!.sink, tables[0]!.source);
  assert.equal((await stage.sink.count(context.writer.table)).rows, tables[0]!.sink + 2);
});

test("a row that cannot be asked for stays extra, and does not end the verification", async () => {
  await using stage = await createStage(["tickets", "ticket_comments"]);
  await stage.pull("tickets", "ticket_comments");
  const { writer, sink } = stage.context("ticket_comments");
  const [row] = await sink.rows(writer.table, { limit: 1 });
  await spoil(stage, "ticket_comments", row!.key, () => ({ key: "1", parentId: null }));
  assert.deepEqual(await verdictOf(stage, "ticket_comments"), {
    equal: false,
    missing: [],
    extra: ["1"],
    different: [],
  });
});

test("children of a record that the sink lost are missing, and so is the record", async () => {
  await using stage = await createStage(["tickets", "ticket_comments"]);
  const id = await anyTicket(stage);
  const comment = stage.desk.store.create("ticket_comments", { content: "lost" }, { parentId: id });
  await stage.pull("tickets");
  const { writer, sink } = stage.context("tickets");
  const gone = (await stage.source.get("tickets", id, null, heal)) as Upsert;
  const life = `${"9".repeat(15)}.1`;
  await sink.write({ table: writer.table, changes: [{ ...gone, op: "delete", life, deletedMs: 1 }], horizonMs: 1e15 });
  await stage.pull("ticket_comments");
  const { equal, tables } = await stage.verify("ticket_comments");
  const missing = (table: string) => tables.find(({ name }) => name === table)!.missing;
  assert.equal(equal, false);
  assert.deepEqual(missing("tickets"), [id]);
  assert.ok(missing("ticket_comments").includes(comment.id));
});

test("a table that may not be read is not equal and says why; the others are compared", async () => {
  await using stage = await createStage(["tickets", "contacts"]);
  await stage.pull("tickets", "contacts");
  stage.desk.faults.revokedScopes.add("Desk.contacts.READ");
  stage.desk.faults.revokedScopes.add("Desk.contacts.ALL");
  const { equal, tables } = await stage.verify("tickets", "contacts");
  assert.equal(equal, false);
  const { message } = tables.find(({ name }) => name === "contacts")!;
  assert.match(message!, /Desk\.contacts/);
  assert.equal(tables.find(({ name }) => name === "tickets")!.message, undefined);
});
