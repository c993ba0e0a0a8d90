import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import pg from "pg";
import { fieldTypes, tableNames } from "@deskmirror/desk-emulator";
import type { CustomField } from "@deskmirror/desk-emulator";
import type { Sink } from "@deskmirror/model";
import { openSink } from "@deskmirror/sinks";
import { startPostgres } from "@deskmirror/testing";
import { COMPARE_MS, stageShapes } from "./support/shapes.ts";
import type { StageShapes } from "./support/shapes.ts";
import { createStage, heal } from "./support/stage.ts";
import type { Stage } from "./support/stage.ts";

type FlatRow = Readonly<Record<string, unknown>>;

/** A sink, and a program of somebody else that reads the same database. */
interface Place {
  readonly name: string;
  readonly sink: Sink;
  /** Rows of a relation of the source. */
  readonly read: (relation: string) => Promise<readonly FlatRow[]>;
  /** Columns of a relation with their types, custom fields alone. */
  readonly customColumns: (relation: string) => Promise<readonly string[]>;
}

const SOURCE = "acme";
const dataDir = await mkdtemp(join(tmpdir(), "deskmirror-views-"));
const server = await startPostgres();
const database = `flat_views_${process.pid}`;
const admin = new pg.Client(server.url);
await admin.connect();
await admin.query(`create database ${database}`);
const url = new URL(server.url);
url.pathname = database;
const client = new pg.Client(url.href);
await client.connect();
const postgres = await openSink(url.href, { dataDir });
const file = join(dataDir, "desk.db");
const sqlite = await openSink(`sqlite:${file}`, { dataDir });
const db = new DatabaseSync(file);
after(async () => {
  db.close();
  await Promise.all([client.end(), postgres.close(), sqlite.close()]);
  await admin.query(`drop database ${database} with (force)`);
  await admin.end();
  await server.stop();
  await rm(dataDir, { recursive: true });
});

const places: readonly Place[] = [
  {
    name: "PostgreSQL",
    sink: postgres,
    read: async (relation) =>
      (
        await client.query<{ row: FlatRow }>(`select to_jsonb(r) as row from "${SOURCE}"."${relation}" r order by id`)
      ).rows.map(({ row }) => row),
    async customColumns(relation) {
      const text = `select column_name || ' ' || data_type as it from information_schema.columns
        where table_schema = $1 and table_name = $2 and column_name like 'cf\\_%' order by ordinal_position`;
      return (await client.query<{ it: string }>(text, [SOURCE, relation])).rows.map(({ it }) => it);
    },
  },
  {
    name: "SQLite",
    sink: sqlite,
    read: async (relation) => db.prepare(`select * from "${SOURCE}_${relation}" order by id`).all(),
    async customColumns(relation) {
      const names = db
        .prepare("select name from pragma_table_info(?) where name like 'cf\\_%' escape '\\' order by cid")
        .all(`${SOURCE}_${relation}`)
        .map(({ name }) => String(name));
      return names.map((name) => {
        const text = `select group_concat(distinct typeof("${name}")) as types from "${SOURCE}_${relation}" where "${name}" is not null`;
        return `${name} ${String(db.prepare(text).get()?.["types"])}`;
      });
    },
  },
];

/** As many fields again as every organization has: 40 in each of three modules, two of each type. */
const customFields: readonly CustomField[] = ["tickets", "contacts", "accounts"].flatMap((module) =>
  fieldTypes.map((type) => ({ module, apiName: `cf_my_${type.toLowerCase()}`, label: `My ${type}`, type })),
);

const inPostgres: Readonly<Record<string, string>> = {
  number: "bigint",
  percent: "numeric",
  decimal: "numeric",
  currency: "numeric",
  boolean: "boolean",
  date: "date",
  datetime: "timestamp with time zone",
};
const inSqlite: Readonly<Record<string, string>> = {
  number: "integer",
  percent: "real",
  decimal: "real",
  currency: "real",
  boolean: "integer",
};

function typeOf(column: string): { readonly field: string; readonly type: string } {
  const [name = "", ...type] = column.split(" ");
  return { field: name.replace(/^cf_(my_)?/, "").replace(/_1$/, ""), type: type.join(" ") };
}

/** Everything of a Desk of 25 tickets with its details in a sink, and its flat views in shape. */
async function fill(sink: Sink): Promise<{ readonly stage: Stage; readonly shapes: StageShapes }> {
  const stage = await createStage(tableNames, { tickets: 25, customFields }, sink);
  await stage.pull(...tableNames);
  for (const table of tableNames) {
    const { writer, stream, source } = stage.context(table);
    const due = stream.core === null ? [] : await sink.detailDue(writer.table, 1_000);
    for (const { key, parentId } of due)
      await writer.write({ changes: [await source.get(table, key, parentId, heal)], quiet: true });
  }
  const shapes = stageShapes(stage);
  await shapes.begin();
  await shapes.followDue(heal.signal);
  return { stage, shapes };
}

for (const { name, sink, read, customColumns } of places) {
  test(`the flat views of all 30 tables can be read in ${name}, without a misfit, and a mode changes while fields do`, async (t) => {
    const { stage, shapes } = await fill(sink);
    await using _ = stage;
    assert.equal(tableNames.length, 30);
    for (const table of tableNames) {
      const [documents, rows] = [await read(table), await read(`${table}_flat`)];
      assert.deepEqual(
        rows.map(({ id }) => id),
        documents.map(({ id }) => id),
        table,
      );
      assert.ok(rows.length > 0 || table === "ticket_attachments", table);
      assert.ok(!rows.some((row) => "data" in row || row["_misfits"] !== 0), `misfits of ${table}`);
    }

    for (const table of ["tickets", "contacts", "accounts"]) {
      const columns = await customColumns(`${table}_flat`);
      t.diagnostic(`${name} ${table}_flat: ${columns.join(", ")}`);
      assert.equal(columns.length, 40);
      for (const column of columns) {
        const { field, type } = typeOf(column);
        const types = name === "PostgreSQL" ? inPostgres : inSqlite;
        assert.equal(type, types[field] ?? "text", column);
      }
    }

    // A value that is the same whichever way it is read.
    const flat = await read("tickets_flat");
    const withNumber = (await read("tickets")).map(({ id, data }) => {
      const { cf, subject } = (typeof data === "string" ? JSON.parse(data) : data) as {
        cf: Record<string, string | null>;
        subject: string;
      };
      return [id, subject, cf["cf_number_1"] == null ? null : Number(cf["cf_number_1"])];
    });
    assert.deepEqual(
      flat.map(({ id, subject, cf_number_1: number }) => [id, subject, number]),
      withNumber,
    );

    await t.test("a field added, renamed, retyped, removed while the source is kept, in both modes", async () => {
      const { store } = stage.desk;
      const before = flat.map(({ id }) => id);
      const field = { isCustomField: true, apiName: "cf_weight", type: "Text" };
      const { id } = store.create("organization_fields", field, { parentId: "tickets" });
      const doomed = store.create("organization_fields", { ...field, apiName: "cf_doomed" }, { parentId: "tickets" });
      const key = String(flat.at(-1)?.["id"]);
      const writer = shapes.watch(stage.context("tickets").writer);
      const write = async (cf: Record<string, string>): Promise<void> => {
        store.update("tickets", key, { cf });
        await writer.write({ changes: [await stage.source.get("tickets", key, null, heal)] });
      };
      const shown = async (view: string): Promise<FlatRow> => {
        const rows = await read(view);
        assert.deepEqual(
          rows.map(({ id: one }) => one),
          before,
          "no row is lost",
        );
        return rows.at(-1)!;
      };

      await write({ cf_weight: "12 kg", cf_doomed: "x" });
      await shapes.followDue(heal.signal);
      const added = await shown("tickets_flat");
      assert.deepEqual([added["cf_weight"], added["cf_doomed"], added["_misfits"]], ["12 kg", "x", 0]);

      shapes.dataSource.mode = "csv";
      store.update("organization_fields", id, { type: "Decimal" });
      store.delete("organization_fields", doomed.id);
      shapes.clock.nowMs += COMPARE_MS;
      await shapes.followDue(heal.signal);
      const retyped = await shown("tickets");
      assert.deepEqual([retyped["cf_weight"], retyped["_misfits"], "cf_doomed" in retyped], [null, 1, false]);

      await write({ cf_weight: "12.5", cf_mass: "13" });
      assert.equal((await shown("tickets"))["cf_weight"], 12.5);
      store.update("organization_fields", id, { apiName: "cf_mass" });
      shapes.dataSource.mode = "document";
      shapes.clock.nowMs += COMPARE_MS;
      await shapes.followDue(heal.signal);
      const renamed = await shown("tickets_flat");
      assert.deepEqual([renamed["cf_mass"], "cf_weight" in renamed], [13, false]);
      assert.equal((await customColumns("tickets_flat")).length, 41);
      assert.deepEqual((await stage.verify("tickets")).equal, true);
    });
  });
}
