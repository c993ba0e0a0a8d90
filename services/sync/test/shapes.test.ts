import assert from "node:assert/strict";
import { test } from "node:test";
import type { DeskEmulator } from "@deskmirror/desk-emulator";
import { ConfigError, CreditsError, PermanentError, TransientError } from "@deskmirror/model";
import type { Change, JsonObject, Sink } from "@deskmirror/model";
import { createMemorySink } from "@deskmirror/sinks";
import { COMPARE_MS, stageShapes } from "./support/shapes.ts";
import { createStage, heal } from "./support/stage.ts";
import type { Stage } from "./support/stage.ts";

/** Requests for fields so far. */
function asked({ stats }: DeskEmulator): number {
  const { requests } = stats.snapshot();
  return Object.entries(requests).reduce((sum, [route, count]) => sum + (/fields/i.test(route) ? count : 0), 0);
}

async function customOf(stage: Stage, table: string): Promise<ReadonlyMap<string, string>> {
  const columns = (await stage.sink.shapes(stage.context(table).writer.table.source)).get(table) ?? [];
  return new Map(columns.flatMap(({ path, type }) => (path[0] === "cf" ? [[path[1]!, type]] : [])));
}

function addField({ store }: DeskEmulator, module: string, field: JsonObject): string {
  return store.create("organization_fields", { isCustomField: true, ...field }, { parentId: module }).id;
}

/** One record as Zoho has it now, as a GET tells it. */
async function read({ source }: Stage, table: string, key: string): Promise<Change> {
  return source.get(table, key, null, heal);
}

test("tables get the fields of every organization before Zoho is asked, then the custom ones", async () => {
  await using stage = await createStage(["departments", "tickets"]);
  const shapes = stageShapes(stage);
  const { source } = stage.context("tickets").writer.table;
  await shapes.begin();
  assert.equal(asked(stage.desk), 0);
  assert.deepEqual([...(await stage.sink.shapes(source)).keys()], ["departments", "tickets"]);
  assert.equal((await customOf(stage, "tickets")).size, 0);
  await shapes.followDue(heal.signal);
  const custom = await customOf(stage, "tickets");
  assert.equal(custom.size, 20);
  assert.equal(custom.get("cf_datetime_1"), "time");
  await stageShapes(stage).begin();
  assert.deepEqual(await customOf(stage, "tickets"), custom, "a process that starts later takes nothing away");
});

test("fields are asked for once, then each COMPARE_SECONDS: what was renamed, retyped or removed follows", async () => {
  await using stage = await createStage(["tickets"]);
  const shapes = stageShapes(stage);
  const id = addField(stage.desk, "tickets", { apiName: "cf_color", type: "Text" });
  const other = addField(stage.desk, "tickets", { apiName: "cf_size", type: "Text" });
  await shapes.followDue(heal.signal);
  for (let look = 0; look < 5; look++) await shapes.followDue(heal.signal);
  assert.equal(asked(stage.desk), 1);
  assert.equal((await customOf(stage, "tickets")).get("cf_color"), "text");
  stage.desk.store.update("organization_fields", id, { apiName: "cf_colour" });
  stage.desk.store.update("organization_fields", other, { type: "Number" });
  shapes.clock.nowMs += COMPARE_MS - 1;
  await shapes.followDue(heal.signal);
  assert.equal(asked(stage.desk), 1);
  shapes.clock.nowMs += 1;
  await shapes.followDue(heal.signal);
  const custom = await customOf(stage, "tickets");
  assert.deepEqual(
    [custom.has("cf_color"), custom.get("cf_colour"), custom.get("cf_size")],
    [false, "text", "integer"],
  );
  stage.desk.store.delete("organization_fields", id);
  shapes.clock.nowMs += COMPARE_MS;
  await shapes.followDue(heal.signal);
  assert.equal((await customOf(stage, "tickets")).has("cf_colour"), false);
  assert.deepEqual(shapes.fieldChanges, ["tickets added", "tickets removed", "tickets retyped", "tickets removed"]);
  assert.match(
    shapes.lines[0] ?? "",
    /"added":\["cf.cf_colour"\],"removed":\["cf.cf_color"\],"retyped":\["cf.cf_size"\]/,
  );
  assert.match(shapes.lines[0] ?? "", /fields of a table changed/);
});

test("a record that shows a field nobody knew makes only its module asked, and once for each field", async () => {
  await using stage = await createStage(["tickets", "contacts"]);
  const shapes = stageShapes(stage);
  const writer = shapes.watch(stage.context("tickets").writer);
  const ticket = stage.desk.store.records("tickets").next().value as { readonly key: string };
  const show = async (cf: JsonObject): Promise<void> => {
    stage.desk.store.update("tickets", ticket.key, { cf });
    await writer.write({ changes: [await read(stage, "tickets", ticket.key)] });
    await shapes.followDue(heal.signal);
  };
  await show({});
  assert.equal(asked(stage.desk), 2, "each module at the start");
  await show({});
  assert.equal(asked(stage.desk), 2);
  addField(stage.desk, "tickets", { apiName: "cf_new", type: "Date" });
  await show({ cf_new: "2026-03-01" });
  assert.equal(asked(stage.desk), 3);
  assert.equal((await customOf(stage, "tickets")).get("cf_new"), "date");
  await show({ cf_new: "2026-03-02" });
  await show({ cf_hidden: "from us" });
  assert.equal(asked(stage.desk), 3, "not twice in a minute");
  shapes.clock.nowMs += 60_000;
  await shapes.followDue(heal.signal);
  assert.equal(asked(stage.desk), 4);
  shapes.clock.nowMs += 60_000;
  await show({ cf_hidden: "again" });
  assert.equal(asked(stage.desk), 4, "what Zoho does not name is asked for once");
});

test("a pull of organization_fields makes all of them asked again", async () => {
  await using stage = await createStage(["organization_fields", "tickets"]);
  const shapes = stageShapes(stage);
  await shapes.followDue(heal.signal);
  const before = asked(stage.desk);
  addField(stage.desk, "tickets", { apiName: "cf_new", type: "Boolean" });
  await stage.pull("organization_fields");
  const pulled = asked(stage.desk);
  await shapes.followDue(heal.signal);
  assert.equal(asked(stage.desk) - pulled, 1);
  assert.ok(pulled > before);
  assert.equal((await customOf(stage, "tickets")).get("cf_new"), "boolean");
  await shapes.followDue(heal.signal);
  assert.equal(asked(stage.desk) - pulled, 1);
});

test("fields that cannot be had leave the columns alone; after a minute they are asked for again", async () => {
  await using stage = await createStage(["tickets"]);
  const shapes = stageShapes(stage);
  await shapes.followDue(heal.signal);
  const custom = await customOf(stage, "tickets");
  shapes.clock.nowMs += COMPARE_MS;
  stage.desk.setDailyCredits(0);
  await assert.rejects(shapes.followDue(heal.signal), CreditsError);
  assert.deepEqual(await customOf(stage, "tickets"), custom);
  stage.desk.setDailyCredits(100_000);
  const before = asked(stage.desk);
  await shapes.followDue(heal.signal);
  assert.equal(asked(stage.desk), before, "it rests");
  shapes.clock.nowMs += 60_000;
  await shapes.followDue(heal.signal);
  assert.equal(asked(stage.desk), before + 1);
});

/** A sink that has refused the shape of one table for now, or for good. */
function refusing(table: string, errors: Error[]): Sink {
  const sink = createMemorySink();
  return {
    ...sink,
    shape: async (one, columns) => {
      const error = one.stream === table ? errors.shift() : undefined;
      if (error !== undefined) throw error;
      return one.stream === "accounts" ? ["held"] : sink.shape(one, columns);
    },
  };
}

test("a table that cannot be shaped now holds no other back and is tried again", async () => {
  const sink = refusing("tickets", [new TransientError("somebody reads it")]);
  await using stage = await createStage(["tickets", "departments"], {}, sink);
  const shapes = stageShapes(stage);
  const { source } = stage.context("tickets").writer.table;
  await assert.rejects(shapes.followDue(heal.signal), TransientError);
  assert.deepEqual([...(await sink.shapes(source)).keys()], ["departments"]);
  shapes.clock.nowMs += 60_000;
  await shapes.followDue(heal.signal);
  assert.deepEqual([...(await sink.shapes(source)).keys()], ["departments", "tickets"]);
});

test("what holds columns back is told, and a table that can have no flat view, and the others have theirs", async () => {
  const sink = refusing("tickets", [new PermanentError("too many columns"), new ConfigError("taken")]);
  await using stage = await createStage(["tickets", "contacts", "accounts"], {}, sink);
  const shapes = stageShapes(stage);
  await shapes.followDue(heal.signal);
  assert.match(shapes.lines[1] ?? "", /"table":"accounts","columns":\["held"\].*drop those, and they follow/);
  assert.match(shapes.lines[0] ?? "", /"table":"tickets".*could not be made or changed/);
  assert.ok((await customOf(stage, "contacts")).size > 0);
  shapes.clock.nowMs += COMPARE_MS;
  await shapes.followDue(heal.signal);
  assert.match(shapes.lines[2] ?? "", /taken/);
  shapes.clock.nowMs += COMPARE_MS;
  await shapes.followDue(heal.signal);
  assert.ok((await customOf(stage, "tickets")).size > 0);
});
