import { mergeDoubts } from "@deskmirror/model";
import type { Doubt, OpenDoubt, Table } from "@deskmirror/model";
import type { SQLOutputValue } from "node:sqlite";
import type { Database } from "./database.ts";
import { toText } from "./rows.ts";

const COLUMNS = "key, parent_id, after_ms, contradiction, stream, since_ms";
const ONE = "source = ? and stream = ? and key = ?";

/** Raises doubts, one at most for each key, but no contradiction twice. Gives how many were new or asked again. */
export function raiseDoubts(db: Database, { source, stream }: Table, doubts: readonly Doubt[]): number {
  const remember = db.statement("insert or ignore into _deskmirror_contradictions values (?, ?, ?, ?)");
  const find = db.statement(`select ${COLUMNS} from _deskmirror_doubts where ${ONE}`);
  const put = db.statement("insert or replace into _deskmirror_doubts values (?, ?, ?, ?, ?, ?, ?)");
  const fresh = doubts.filter(
    ({ key, contradiction }) => contradiction === null || remember.run(source, stream, key, contradiction).changes > 0,
  );
  for (const doubt of fresh) {
    const stored = find.get(source, stream, doubt.key);
    const old = stored === undefined ? null : toOpenDoubt(stored);
    const { key, parentId, afterMs, contradiction } = old === null ? doubt : mergeDoubts(old, doubt);
    put.run(source, stream, key, parentId, afterMs, contradiction, old?.sinceMs ?? Date.now());
  }
  return fresh.length;
}

/** Removes the doubts that the answers (key to ms) settle. */
export function settleDoubts(db: Database, { source, stream }: Table, answers: ReadonlyMap<string, number>): void {
  const settle = db.statement(`delete from _deskmirror_doubts where ${ONE} and after_ms < ?`);
  for (const [key, currentMs] of answers) settle.run(source, stream, key, currentMs);
}

/** The open doubts of a source, oldest first. */
export function openDoubts(db: Database, source: string, limit: number): readonly OpenDoubt[] {
  const text = `select ${COLUMNS} from _deskmirror_doubts where source = ? order by since_ms, stream, key limit ?`;
  return db.statement(text).all(source, limit).map(toOpenDoubt);
}

function toOpenDoubt(stored: Record<string, SQLOutputValue>): OpenDoubt {
  return {
    key: String(stored["key"]),
    parentId: toText(stored["parent_id"]),
    afterMs: Number(stored["after_ms"]),
    contradiction: toText(stored["contradiction"]),
    stream: String(stored["stream"]),
    sinceMs: Number(stored["since_ms"]),
  };
}
