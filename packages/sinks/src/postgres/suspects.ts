import type pg from "pg";
import type { Held, Shown, Suspects, Table } from "@deskmirror/model";
import type { PlacedTable } from "../places.ts";
import { LOCK_TABLE } from "./doubts-sql.ts";
import { transaction } from "./pool.ts";
import type { Client } from "./pool.ts";
import * as sql from "./suspects-sql.ts";

/** Writes what a page proves; the table's row must be locked. */
export async function writeShown(client: Client, table: PlacedTable, shown: Shown): Promise<void> {
  const { listing, fromMs, toMs, keys, asideKey } = shown;
  const span = [fromMs, toMs].map((ms) => new Date(ms).toISOString());
  await client.query(sql.buildShown(table), [table.source, table.stream, listing, ...span, keys, asideKey]);
}

/** The suspects of a PostgreSQL sink. */
export function createPostgresSuspects(pool: pg.Pool): Suspects {
  /** Under the table's row, as every write of doubts. */
  function locked<T>(
    { source, stream }: Pick<Table, "source" | "stream">,
    work: (client: Client) => Promise<T>,
  ): Promise<T> {
    return transaction(pool, async (client) => {
      await client.query(LOCK_TABLE, [source, stream]);
      return work(client);
    });
  }

  return {
    async add(table, listing, suspects) {
      const values = [
        suspects.map(({ key }) => key),
        suspects.map(({ parentId }) => parentId),
        suspects.map(({ afterMs }) => afterMs),
      ];
      await locked(table, (client) => client.query(sql.ADD, [table.source, table.stream, listing, ...values]));
    },
    async count({ source, stream }, listing) {
      return (await pool.query<{ count: number }>(sql.COUNT, [source, stream, listing])).rows[0]!.count;
    },
    async end(table, listing, verdict) {
      const values = [table.source, table.stream, listing];
      await locked(table, async (client) => {
        await client.query(sql.FORGET_OTHERS, values);
        if (verdict === "hold") await client.query(sql.HOLD_ALL, values);
        else await client.query(sql.ASK, [...values, false]);
      });
    },
    hold({ source, stream }, key) {
      return locked({ source, stream }, async (client) => {
        const { rowCount } = await client.query(sql.HOLD, [source, stream, key]);
        if (rowCount === 0) return false;
        await client.query(sql.END_DOUBT, [source, stream, key]);
        return true;
      });
    },
    async held(source) {
      return (await pool.query<Held>(sql.HELD, [source])).rows;
    },
    decide(table, verdict) {
      const values = [table.source, table.stream];
      return locked(table, async (client) => {
        if (verdict === "forget") return (await client.query(sql.FORGET_HELD, values)).rowCount ?? 0;
        return (await client.query<{ count: number }>(sql.ASK, [...values, null, true])).rows[0]!.count;
      });
    },
  };
}
