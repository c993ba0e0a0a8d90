import assert from "node:assert/strict";
import { test } from "node:test";
import type { Change } from "@deskmirror/model";
import { createTableWork } from "../src/mirror/table-work.ts";
import { createRefetcher } from "../src/mirror/refetch.ts";
import { createTableWriter } from "../src/mirror/table-writer.ts";
import { createStage, heal } from "./support/stage.ts";

const how = { ...heal, concurrency: 1, fillsIn: false };
const STORM = { kind: "unauthorized", match: "GET ", times: 1_000 } as const;

test("Zoho answered 401 for a while: a record is asked for again after half a minute, not after ten", async () => {
  await using stage = await createStage(["tickets"]);
  let nowMs = 0;
  const refetcher = createRefetcher(() => nowMs);
  const { key } = stage.desk.store.records("tickets").find(({ archived }) => !archived)!;
  const refetch = () => refetcher.refetch(stage.context("tickets"), [{ key, parentId: null }], how);
  stage.desk.faults.add(STORM);
  assert.equal(await refetch(), 1);
  stage.desk.faults.clear();
  assert.equal(await refetch(), 0);
  nowMs += 30_000;
  assert.equal(await refetch(), 1);
  assert.equal((await stage.sink.rows(stage.context("tickets").writer.table, { limit: 1 })).length, 1);
});

test("Zoho answered 401 for a while: a table rests half a minute, one whose scope was lost five", async () => {
  await using stage = await createStage(["tickets", "contacts"]);
  let nowMs = 0;
  const work = createTableWork({ leases: stage.leases, log: stage.context("tickets").log, now: () => nowMs });
  const read = (table: string) =>
    work.run(stage.context(table), heal.signal, async () => void (await stage.source.count(table, heal)));
  stage.desk.faults.revokedScopes.add("Desk.contacts.READ");
  await read("contacts");
  stage.desk.faults.add(STORM);
  await read("tickets");
  assert.deepEqual([work.isResting("tickets"), work.isResting("contacts")], [true, true]);
  nowMs += 31_000;
  assert.deepEqual([work.isResting("tickets"), work.isResting("contacts")], [false, true]);
});

test("detail is filled in and tells of a change whose event was lost: the children are due; they are not when it tells of none", async () => {
  await using stage = await createStage(["tickets"]);
  await stage.pull("tickets");
  const { sink, source } = stage;
  const { table } = stage.context("tickets").writer;
  const touched: string[] = [];
  const onTouched = async (changes: readonly Change[]): Promise<void> =>
    void touched.push(...changes.map(({ key }) => key));
  const writer = createTableWriter({ sink, table, now: () => source.now(), onTouched });
  const due = await sink.detailDue(table, 100);
  stage.desk.clock.advance(10_000);
  stage.desk.store.update("tickets", due[0]!.key, { subject: "Changed without a word" });
  const fillIn = { ...heal, concurrency: 4, fillsIn: true };
  assert.equal(
    await createRefetcher(Date.now).refetch({ ...stage.context("tickets"), writer }, due, fillIn),
    due.length,
  );
  assert.deepEqual(await sink.detailDue(table, 100), []);
  assert.deepEqual(touched, [due[0]!.key]);
});
