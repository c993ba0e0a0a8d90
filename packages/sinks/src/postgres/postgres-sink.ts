import type pg from "pg";
import type {
  Column,
  JsonObject,
  Mode,
  OpenDoubt,
  Row,
  RowVersions,
  Sink,
  Table,
  TableCount,
  TableState,
} from "@deskmirror/model";
import { classErrors } from "../class-errors.ts";
import { collapseDoubts } from "../plan-write.ts";
import { readMigrations } from "../migrations.ts";
import { createPlaces } from "../places.ts";
import type { PlacedTable } from "../places.ts";
import { toStorableBatch } from "../storable-batch.ts";
import { LOCK_TABLE, OPEN_DOUBTS } from "./doubts-sql.ts";
import { raiseDoubts } from "./doubts.ts";
import { isMissing, toOpenError, toSinkError } from "./errors.ts";
import { migrate } from "./migrate.ts";
import { createPool, transaction } from "./pool.ts";
import { prepareTables } from "./prepare.ts";
import { IS_INTACT, buildCount, buildDetailDue, buildRows, buildRowsByKey } from "./read-sql.ts";
import type { Query } from "./read-sql.ts";
import { shapeTable } from "./shape.ts";
import { createPostgresSuspects } from "./suspects.ts";
import { createPostgresVault } from "./vault.ts";
import { writeBatch } from "./write-batch.ts";

const MIGRATIONS = readMigrations(new URL("./migrations/", import.meta.url));

/**
 * Opens the sink in a PostgreSQL database (13 or later). ConfigError when it refuses us or a migration fails, TransientError
 * when it is out of reach.
 */
export async function openPostgresSink(url: string, migrations = MIGRATIONS): Promise<Sink> {
  const pool = createPool(url);
  try {
    await migrate(pool, migrations);
    const { rows } = await pool.query<{ id: string }>("select id from _deskmirror.identity");
    return classErrors(createPostgresSink(pool, rows[0]!.id), toSinkError);
  } catch (error) {
    await pool.end();
    throw toOpenError(error);
  }
}

function createPostgresSink(pool: pg.Pool, identity: string): Sink {
  const places = createPlaces({
    isMissing,
    async readMode(source) {
      const text = "select mode from _deskmirror.owners where source = $1";
      return (await pool.query<{ mode: Mode }>(text, [source])).rows[0]?.mode ?? "document";
    },
  });
  const selectRows = (table: Table, build: (placed: PlacedTable) => Query): Promise<readonly Row[]> =>
    places.at(table, async (placed) => {
      const { text, values } = build(placed);
      const { rows } = await pool.query<Omit<Row, "versions"> & RowVersions>(text, values);
      return rows.map(({ core, detail, life, ...row }) => ({ ...row, versions: { core, detail, life } }));
    });
  return {
    identity,
    async isIntact(tables) {
      const names = [tables.map(({ source }) => source), tables.map(({ stream }) => stream)];
      try {
        return (await pool.query<{ isIntact: boolean }>(IS_INTACT, [identity, ...names])).rows[0]!.isIntact;
      } catch (error) {
        if (isMissing(error)) return false;
        throw error;
      }
    },
    async prepare(tables, owner) {
      await prepareTables(pool, tables, owner);
      places.forget(owner.source);
    },
    shape: (table, columns) => shapeTable(pool, table, columns),

    async shapes(source) {
      const text = "select stream, flat from _deskmirror.tables where source = $1 and flat is not null";
      const { rows } = await pool.query<{ stream: string; flat: readonly Column[] }>(text, [source]);
      return new Map(rows.map(({ stream, flat }) => [stream, flat]));
    },

    async write(batch) {
      const storable = toStorableBatch(batch);
      return places.at(batch.table, (table) => writeBatch(pool, { ...storable, table, identity }));
    },

    async states(source) {
      const text = `select stream, watermark_ms::float8 as "watermarkMs", progress, epoch::float8 as epoch
        from _deskmirror.tables where source = $1`;
      const { rows } = await pool.query<TableState & { stream: string; progress: JsonObject }>(text, [source]);
      return new Map(rows.map(({ stream, ...state }) => [stream, state]));
    },

    async doubts(source, limit) {
      return (await pool.query<OpenDoubt>(OPEN_DOUBTS, [source, limit])).rows;
    },

    async addDoubts(table, doubts) {
      await transaction(pool, async (client) => {
        await client.query(LOCK_TABLE, [table.source, table.stream]);
        await raiseDoubts(client, table, collapseDoubts(doubts));
      });
    },

    suspects: classErrors(createPostgresSuspects(pool), toSinkError),
    detailDue: (table, limit) => selectRows(table, (placed) => buildDetailDue(placed, limit)),
    rowsByKey: (table, keys) => selectRows(table, (placed) => buildRowsByKey(placed, keys)),
    rows: (table, query) => selectRows(table, (placed) => buildRows(placed, query)),
    count: (table) => places.at(table, async (placed) => (await pool.query<TableCount>(buildCount(placed))).rows[0]!),

    vault: classErrors(createPostgresVault(pool), toSinkError),
    close: () => pool.end(),
  };
}
