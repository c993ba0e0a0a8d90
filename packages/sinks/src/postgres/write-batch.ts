import type pg from "pg";
import { FencedError, toStorableJson } from "@deskmirror/model";
import type { RowVersions, StateChange, WriteResult } from "@deskmirror/model";
import type { PlacedBatch } from "../places.ts";
import { planWrite } from "../plan-write.ts";
import type { WritePlan } from "../plan-write.ts";
import { LOCK_TABLE, WRITE_STATE } from "./doubts-sql.ts";
import { raiseDoubts, settleDoubts } from "./doubts.ts";
import { transaction } from "./pool.ts";
import type { Client } from "./pool.ts";
import { writeShown } from "./suspects.ts";
import { FORGET_DEAD } from "./suspects-sql.ts";
import { buildInsert, buildLock, buildUpdate, toInput } from "./upsert-sql.ts";

/** Another writer inserted a key between our look and our insert: the batch is resolved again, against that row. */
class InsertRaceError extends Error {}

/** A batch for the database it was made for: none that was put in its place takes its state. */
export interface OwnBatch extends PlacedBatch {
  readonly identity: string;
}

/**
 * Writes a batch in one transaction: lock the rows that exist, resolve, insert and update, then doubts and state. Locks are
 * taken in key order, inserts after locks, the table's own row last, so writers cannot deadlock. Statements have no names: a
 * plan kept from when the table was small would read all of it when it is large.
 */
export async function writeBatch(pool: pg.Pool, batch: OwnBatch): Promise<WriteResult> {
  for (;;) {
    try {
      return await transaction(pool, (client) => writeOnce(client, batch));
    } catch (error) {
      if (!(error instanceof InsertRaceError)) throw error; // else the row is there now: at most one round for each key
    }
  }
}

async function writeOnce(client: Client, batch: OwnBatch): Promise<WriteResult> {
  const rows = await lockRows(client, batch);
  const plan = planWrite(batch, rows);
  const changedKeys = await writeRows(client, { batch, rows, writes: plan.writes });
  const doubts = await writeBookkeeping(client, batch, plan);
  return { outcomes: plan.outcomes, changedKeys, doubts, restored: plan.restored };
}

async function lockRows(client: Client, { table, changes }: PlacedBatch): Promise<ReadonlyMap<string, RowVersions>> {
  if (changes.length === 0) return new Map();
  const keys = [...new Set(changes.map(({ key }) => key))];
  const { rows } = await client.query<RowVersions & { id: string }>(buildLock(table), [keys]);
  return new Map(rows.map(({ id, core, detail, life }) => [id, { core, detail, life }]));
}

interface RowWrites {
  readonly batch: PlacedBatch;
  readonly rows: ReadonlyMap<string, RowVersions>;
  readonly writes: readonly StateChange[];
}

async function writeRows(client: Client, { batch: { table }, rows, writes }: RowWrites): Promise<readonly string[]> {
  const changed: string[] = [];
  const inserts = writes.filter(({ key }) => !rows.has(key));
  if (inserts.length > 0) {
    const inserted = await client.query<{ id: string }>(buildInsert(table), toInput(table, inserts));
    if (inserted.rows.length < inserts.length) throw new InsertRaceError();
    for (const { id } of inserted.rows) changed.push(id);
  }
  const updates = writes.filter(({ key }) => rows.has(key));
  if (updates.length > 0) {
    const values = table.core === null ? toInput(table, updates) : [...toInput(table, updates), table.core];
    const updated = await client.query<{ id: string; changed: boolean }>(buildUpdate(table), values);
    for (const row of updated.rows) if (row.changed) changed.push(row.id);
  }
  return changed.toSorted();
}

async function writeBookkeeping(
  client: Client,
  { table, shown = [], state, identity }: OwnBatch,
  plan: WritePlan,
): Promise<number> {
  const { source, stream } = table;
  if (state !== undefined) {
    const values = [source, stream, state.watermarkMs, toStorableJson(state.progress), state.epoch, identity];
    const { rowCount } = await client.query(WRITE_STATE, values);
    if (rowCount === 0) throw new FencedError(`a newer lease writes ${stream}: leave it to that`);
  } else if (shown.length + plan.doubts.length + plan.answers.size + plan.dead.length > 0) {
    await client.query(LOCK_TABLE, [source, stream]);
  }
  const doubts = await raiseDoubts(client, table, plan.doubts);
  await settleDoubts(client, table, plan.answers);
  if (plan.dead.length > 0) await client.query(FORGET_DEAD, [source, stream, plan.dead]);
  for (const one of shown) await writeShown(client, table, one);
  return doubts;
}
