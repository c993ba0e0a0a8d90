import { FencedError, toStorableJson } from "@deskmirror/model";
import type { Row, StateChange, Table, TableState, WriteResult } from "@deskmirror/model";
import { hasChanged, mergeRow } from "../merge-row.ts";
import type { PlacedBatch, PlacedTable } from "../places.ts";
import { planWrite } from "../plan-write.ts";
import type { Database } from "./database.ts";
import { raiseDoubts, settleDoubts } from "./doubts.ts";
import { forgetDead, settleSuspects, writeShown } from "./suspects.ts";
import { COLUMNS, qualify, toIsoTime, toParameters, toRow, toText } from "./rows.ts";

/** Writes a batch in one transaction: read the old rows, resolve, write the merged rows, then doubts and state. */
export async function writeBatch(db: Database, batch: PlacedBatch): Promise<WriteResult> {
  const { table, changes, shown = [], state } = batch;
  return db.transaction(() => {
    const old = readRows(db, table, [...new Set(changes.map(({ key }) => key))]);
    const plan = planWrite(batch, new Map([...old].map(([key, { row }]) => [key, row.versions])));
    const changedKeys = writeRows(db, { table, old, writes: plan.writes });
    const doubts = raiseDoubts(db, table, plan.doubts);
    settleDoubts(db, table, plan.answers);
    settleSuspects(db, table, plan.answers);
    forgetDead(db, table, plan.dead);
    for (const one of shown) writeShown(db, table, one);
    if (state !== undefined) writeState(db, table, state);
    return { outcomes: plan.outcomes, changedKeys, doubts, restored: plan.restored };
  });
}

interface StoredRow {
  readonly row: Row;
  readonly syncedAt: string;
}

function readRows(db: Database, table: PlacedTable, keys: readonly string[]): ReadonlyMap<string, StoredRow> {
  const text = `select ${COLUMNS} from ${qualify(table)} where id in (select value from json_each(?))`;
  const rows = db.statement(text).all(JSON.stringify(keys));
  return new Map(
    rows.map((stored) => [String(stored["id"]), { row: toRow(stored), syncedAt: toText(stored["_synced_at"])! }]),
  );
}

interface RowWrites {
  readonly table: PlacedTable;
  readonly old: ReadonlyMap<string, StoredRow>;
  readonly writes: readonly StateChange[];
}

function writeRows(db: Database, { table, old, writes }: RowWrites): readonly string[] {
  const put = db.statement(`insert or replace into ${qualify(table)} (${COLUMNS}) values (?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const now = toIsoTime(Date.now());
  return writes.flatMap((write) => {
    const before = old.get(write.key);
    const row = mergeRow(table, before?.row ?? null, write);
    const changed = hasChanged(before?.row ?? null, row);
    put.run(...toParameters(row, changed ? now : before!.syncedAt));
    return changed ? [write.key] : [];
  });
}

function writeState(db: Database, { source, stream }: Table, { watermarkMs, progress, epoch }: TableState): void {
  const { changes } = db
    .statement(
      `update _deskmirror_tables set watermark_ms = ?, progress = ?, epoch = ?
       where source = ? and stream = ? and epoch <= ?`,
    )
    .run(watermarkMs, toStorableJson(progress), epoch, source, stream, epoch);
  if (changes === 0) throw new FencedError(`a newer lease writes ${stream}: leave it to that`);
}
