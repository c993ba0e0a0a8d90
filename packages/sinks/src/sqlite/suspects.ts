import type { Held, Shown, Suspects, Table } from "@deskmirror/model";
import type { PlacedTable } from "../places.ts";
import type { Database } from "./database.ts";
import { qualify, toIsoTime } from "./rows.ts";

/** When a row's record was created, as Zoho writes it: text in the order of time. */
export const CREATED_TIME = "json_extract(data, '$.createdTime')";

const OF_TABLE = "source = ? and stream = ?";

const ADD = `
insert into _deskmirror_suspects (source, stream, key, parent_id, after_ms, listing)`;

const AGAIN =
  "on conflict (source, stream, key) do update set listing = excluded.listing, after_ms = excluded.after_ms";

/** Live rows of a span that a listing lacks become its suspects, those it shows are none. Runs within a transaction. */
export function writeShown(db: Database, table: PlacedTable, shown: Shown): void {
  const { listing, fromMs, toMs, asideKey } = shown;
  const { source, stream } = table;
  const keys = JSON.stringify(shown.keys);
  const aside = `$.${asideKey ?? ""}`;
  const unshown = `${ADD}
select ?, ?, id, _parent_id, cast(substr(_life_version, 1, 15) as integer), ? from ${qualify(table)}
where _deleted_at is null and ${CREATED_TIME} >= ? and ${CREATED_TIME} < ? and id not in (select value from json_each(?))
  and (? is null or coalesce(json_extract(data, ?), '') not in (1, 'true'))
${AGAIN}`;
  const span = [toIsoTime(fromMs), toIsoTime(toMs)];
  db.statement(unshown).run(source, stream, listing, ...span, keys, asideKey, aside);
  db.statement(
    `delete from _deskmirror_suspects where ${OF_TABLE} and listing = ? and key in (select value from json_each(?))`,
  ).run(source, stream, listing, keys);
}

/** Removes the suspects that the answers (key to ms) settle. Runs within a transaction. */
export function settleSuspects(db: Database, { source, stream }: Table, answers: ReadonlyMap<string, number>): void {
  const settle = db.statement(`delete from _deskmirror_suspects where ${OF_TABLE} and key = ? and after_ms < ?`);
  for (const [key, currentMs] of answers) settle.run(source, stream, key, currentMs);
}

/** Removes the suspects of keys that are proven dead. Runs within a transaction. */
export function forgetDead(db: Database, { source, stream }: Table, keys: readonly string[]): void {
  const forget = db.statement(`delete from _deskmirror_suspects where ${OF_TABLE} and key = ?`);
  for (const key of keys) forget.run(source, stream, key);
}

/** The suspects of an SQLite sink. */
export function createSqliteSuspects(db: Database): Suspects {
  /** Turns suspects into doubts; gives how many they were. */
  function ask({ source, stream }: Table, which: string, ...values: readonly number[]): number {
    const where = `where ${OF_TABLE} and ${which}`;
    db.statement(
      `insert into _deskmirror_doubts (source, stream, key, parent_id, after_ms, since_ms)
       select source, stream, key, parent_id, after_ms, ? from _deskmirror_suspects ${where}
       on conflict (source, stream, key) do nothing`,
    ).run(Date.now(), source, stream, ...values);
    const text = `update _deskmirror_suspects set held_since_ms = null ${where}`;
    return Number(db.statement(text).run(source, stream, ...values).changes);
  }

  return {
    async add({ source, stream }, listing, suspects) {
      const put = db.statement(`${ADD} values (?, ?, ?, ?, ?, ?) ${AGAIN}`);
      await db.transaction(() => {
        for (const { key, parentId, afterMs } of suspects) put.run(source, stream, key, parentId, afterMs, listing);
      });
    },
    async count({ source, stream }, listing) {
      const text = `select count(*) as count from _deskmirror_suspects where ${OF_TABLE} and listing = ?`;
      return Number(db.statement(text).get(source, stream, listing)!["count"]);
    },
    async end(table, listing, verdict) {
      const { source, stream } = table;
      await db.transaction(() => {
        const others = `delete from _deskmirror_suspects where ${OF_TABLE} and listing <> ?`;
        db.statement(others).run(source, stream, listing);
        if (verdict === "ask") {
          ask(table, "listing = ?", listing);
          return;
        }
        const hold = `update _deskmirror_suspects set held_since_ms = coalesce(held_since_ms, ?) where ${OF_TABLE} and listing = ?`;
        db.statement(hold).run(Date.now(), source, stream, listing);
      });
    },
    hold({ source, stream }, key) {
      return db.transaction(() => {
        const hold = `update _deskmirror_suspects set held_since_ms = coalesce(held_since_ms, ?) where ${OF_TABLE} and key = ?`;
        if (db.statement(hold).run(Date.now(), source, stream, key).changes === 0) return false;
        db.statement(`delete from _deskmirror_doubts where ${OF_TABLE} and key = ?`).run(source, stream, key);
        return true;
      });
    },
    async held(source) {
      const held = "from _deskmirror_suspects where source = ?1 and held_since_ms is not null";
      const rows = db
        .statement(
          `select stream, count(*) as count, min(held_since_ms) as since,
             (select json_group_array(key) from (select key ${held} and stream = s.stream order by key limit 20)) as keys
           from _deskmirror_suspects s where source = ?1 and held_since_ms is not null group by stream order by stream`,
        )
        .all(source);
      return rows.map(({ stream, count, keys, since }): Held => ({
        stream: String(stream),
        count: Number(count),
        keys: JSON.parse(String(keys)) as string[],
        sinceMs: Number(since),
      }));
    },
    decide(table, verdict) {
      return db.transaction(() => {
        if (verdict === "ask") return ask(table, "held_since_ms is not null");
        const forget = `delete from _deskmirror_suspects where ${OF_TABLE} and held_since_ms is not null`;
        return Number(db.statement(forget).run(table.source, table.stream).changes);
      });
    },
  };
}
