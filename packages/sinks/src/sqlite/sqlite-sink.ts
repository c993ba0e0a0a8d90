import { stat } from "node:fs/promises";
import { toError } from "@deskmirror/model";
import type { JsonObject, Row, Sink, Table, Vault } from "@deskmirror/model";
import { classErrors } from "../class-errors.ts";
import { readMigrations } from "../migrations.ts";
import { createPlaces } from "../places.ts";
import type { PlacedTable } from "../places.ts";
import { collapseDoubts } from "../plan-write.ts";
import { toStorableBatch } from "../storable-batch.ts";
import { openDatabase } from "./database.ts";
import type { Database } from "./database.ts";
import { openDoubts, raiseDoubts } from "./doubts.ts";
import { isMissing, toOpenError, toSinkError } from "./errors.ts";
import { migrate } from "./migrate.ts";
import { prepareTables } from "./prepare.ts";
import { buildCount, buildDetailDue, buildRows, buildRowsByKey } from "./read-sql.ts";
import type { Query } from "./read-sql.ts";
import { qualify, toMs, toRow } from "./rows.ts";
import { shapeTable, toColumns, toMode } from "./shape.ts";
import { createSqliteSuspects } from "./suspects.ts";
import { writeBatch } from "./write-batch.ts";

const MIGRATIONS = readMigrations(new URL("./migrations/", import.meta.url));

/**
 * Opens the sink in an SQLite file, which is made when it is not there. ConfigError when it is no database or a migration fails.
 */
export async function openSqliteSink(path: string, migrations = MIGRATIONS): Promise<Sink> {
  try {
    const db = await openDatabase(path);
    await migrate(db, migrations);
    const stored = db.statement("select id from _deskmirror_identity").get();
    const file = await fileOf(path);
    const isSameFile = async (): Promise<boolean> => (await fileOf(path)) === file;
    return classErrors(createSqliteSink(db, { identity: String(stored?.["id"]), isSameFile }), toSinkError);
  } catch (error) {
    throw toOpenError(error, path);
  }
}

/** What tells the file under a path from another one put in its place; null when there is none. */
async function fileOf(path: string): Promise<string | null> {
  try {
    const { dev, ino } = await stat(path, { bigint: true });
    return `${dev} ${ino}`;
  } catch (thrown) {
    const error: NodeJS.ErrnoException = toError(thrown);
    if (error.code === "ENOENT") return null;
    throw error;
  }
}

/** Which contents a file has, and whether it is still under its path: what is written to a file without a name is lost. */
interface Place {
  readonly identity: string;
  readonly isSameFile: () => Promise<boolean>;
}

function createSqliteSink(db: Database, { identity, isSameFile }: Place): Sink {
  const places = createPlaces({
    isMissing,
    readMode: async (source) =>
      toMode(db.statement("select mode from _deskmirror_owners where source = ?").get(source)?.["mode"]),
  });
  const selectRows = (table: Table, build: (placed: PlacedTable) => Query): Promise<readonly Row[]> =>
    places.at(table, async (placed) => {
      const { text, values } = build(placed);
      return db
        .statement(text)
        .all(...values)
        .map(toRow);
    });
  return {
    identity,
    async isIntact(tables) {
      if (!(await isSameFile())) return false;
      const isThere = db.statement("select 1 from sqlite_schema where name = ?");
      if (isThere.get("_deskmirror_identity") === undefined) return false;
      if (db.statement("select id from _deskmirror_identity").get()?.["id"] !== identity) return false;
      const mode = db.statement("select mode from _deskmirror_owners where source = ?");
      return tables.every((table) => {
        const placed = { ...table, mode: toMode(mode.get(table.source)?.["mode"]) };
        return isThere.get(qualify(placed).replaceAll('"', "")) !== undefined;
      });
    },
    async prepare(tables, owner) {
      await prepareTables(db, tables, owner);
      places.forget(owner.source);
    },
    shape: (table, columns) => shapeTable(db, table, columns),

    async shapes(source) {
      const text = "select stream, flat from _deskmirror_tables where source = ? and flat is not null";
      const rows = db.statement(text).all(source);
      return new Map(rows.map(({ stream, flat }) => [String(stream), toColumns(flat) ?? []]));
    },

    async write(batch) {
      const storable = toStorableBatch(batch);
      return places.at(batch.table, (table) => writeBatch(db, { ...storable, table }));
    },

    async states(source) {
      const text = "select stream, watermark_ms, progress, epoch from _deskmirror_tables where source = ?";
      const rows = db.statement(text).all(source);
      return new Map(
        rows.map(({ stream, watermark_ms: watermarkMs, progress, epoch }) => [
          String(stream),
          {
            watermarkMs: typeof watermarkMs === "number" ? watermarkMs : null,
            progress: JSON.parse(String(progress)) as JsonObject,
            epoch: Number(epoch),
          },
        ]),
      );
    },

    doubts: async (source, limit) => openDoubts(db, source, limit),

    async addDoubts(table, doubts) {
      await db.transaction(() => raiseDoubts(db, table, collapseDoubts(doubts)));
    },

    suspects: classErrors(createSqliteSuspects(db), toSinkError),
    detailDue: (table, limit) => selectRows(table, (placed) => buildDetailDue(placed, limit)),
    rowsByKey: (table, keys) => selectRows(table, (placed) => buildRowsByKey(placed, keys)),
    rows: (table, query) => selectRows(table, (placed) => buildRows(placed, query)),

    count: (table) =>
      places.at(table, async (placed) => {
        const { rows, deleted, full, lastChangeAt } = db.statement(buildCount(placed)).get()!;
        return { rows: Number(rows), deleted: Number(deleted), full: Number(full), lastChangeMs: toMs(lastChangeAt) };
      }),

    vault: classErrors(createVault(db), toSinkError),
    close: async () => db.close(),
  };
}

function createVault(db: Database): Vault {
  return {
    async put(name, sealed) {
      await db.transaction(() =>
        db.statement("insert or replace into _deskmirror_vault values (?, ?)").run(name, sealed),
      );
    },
    async remove(name) {
      await db.transaction(() => db.statement("delete from _deskmirror_vault where name = ?").run(name));
    },
    async all() {
      const rows = db.statement("select name, sealed from _deskmirror_vault").all();
      return new Map(rows.map(({ name, sealed }) => [String(name), String(sealed)]));
    },
  };
}
