import { randomUUID } from "node:crypto";
import { FencedError, PermanentError, mergeDoubts } from "@deskmirror/model";
import type { Column, Doubt, OpenDoubt, Row, RowQuery, Sink, Table, TableState } from "@deskmirror/model";
import { isDetailDue } from "./detail-due.ts";
import { nameColumns } from "./flat/name-columns.ts";
import type { NamedColumn } from "./flat/name-columns.ts";
import { readColumn } from "./flat/read-value.ts";
import type { FlatValue } from "./flat/read-value.ts";
import { hasChanged, mergeRow } from "./merge-row.ts";
import { addUnshown, createMemorySuspects } from "./memory-suspects.ts";
import type { MemorySuspects } from "./memory-suspects.ts";
import { assertNames, foreignOwnerError } from "./names.ts";
import { collapseDoubts, planWrite } from "./plan-write.ts";
import { toStorableBatch } from "./storable-batch.ts";

interface StoredRow {
  readonly row: Row;
  readonly syncedMs: number;
}

interface MemoryTable {
  readonly rows: Map<string, StoredRow>;
  readonly doubts: Map<string, OpenDoubt>;
  readonly suspects: MemorySuspects;
  /** `key s.h` of every contradiction that was ever raised. */
  readonly contradictions: Set<string>;
  state: TableState;
  /** Columns of the flat view, named when it is read; null before the first. */
  flat: readonly Column[] | null;
}

/** A row of a flat view: values by column, times in ms. */
export type FlatRow = Readonly<Record<string, FlatValue>>;

/** A sink whose flat views can be read. */
export interface MemorySink extends Sink {
  /** Rows of the table's flat view in key order, tombstones too. */
  readonly flat: (table: Table) => readonly FlatRow[];
}

const NO_STATE: TableState = { watermarkMs: null, progress: {}, epoch: 0 };

/** The reference the other sinks are judged by; keeps everything in this process. `now` gives the ms of `_synced_at`. */
export function createMemorySink(now: () => number = Date.now): MemorySink {
  const owners = new Map<string, string>();
  const sources = new Map<string, Map<string, MemoryTable>>();
  const vault = new Map<string, string>();

  function find({ source, stream }: Table): MemoryTable {
    const table = sources.get(source)?.get(stream);
    if (table === undefined) throw new PermanentError(`${source}.${stream} was never prepared`);
    return table;
  }

  function raise(table: Table, doubts: readonly Doubt[]): number {
    const { doubts: open, contradictions } = find(table);
    const fresh = doubts.filter(
      ({ key, contradiction }) => contradiction === null || !contradictions.has(`${key} ${contradiction}`),
    );
    for (const doubt of fresh) {
      const { key, contradiction } = doubt;
      if (contradiction !== null) contradictions.add(`${key} ${contradiction}`);
      const old = open.get(key);
      const merged = old === undefined ? doubt : mergeDoubts(old, doubt);
      open.set(key, { ...merged, stream: table.stream, sinceMs: old?.sinceMs ?? now() });
    }
    return fresh.length;
  }

  function select(table: Table, wanted: (row: Row) => boolean): Row[] {
    const rows = [...find(table).rows.values()].map(({ row }) => row);
    return rows.filter(wanted).toSorted((left, right) => compareBytes(left.key, right.key));
  }

  return {
    identity: randomUUID(),
    isIntact: async (tables) => tables.every(({ source, stream }) => sources.get(source)?.has(stream)),

    async prepare(tables, owner) {
      assertNames(tables, owner);
      const kept = sources.get(owner.source) ?? new Map<string, MemoryTable>();
      if (kept.size > 0 && owners.get(owner.source) !== owner.orgId) throw foreignOwnerError(owner.source);
      owners.set(owner.source, owner.orgId);
      sources.set(owner.source, kept);
      for (const { stream } of tables) {
        if (kept.has(stream)) continue;
        kept.set(stream, {
          rows: new Map(),
          doubts: new Map(),
          suspects: new Map(),
          contradictions: new Set(),
          state: NO_STATE,
          flat: null,
        });
      }
    },

    async shape(table, columns) {
      find(table).flat = columns;
      return [];
    },

    async shapes(source) {
      return new Map([...(sources.get(source) ?? [])].flatMap(([stream, { flat }]) => (flat ? [[stream, flat]] : [])));
    },

    flat(table) {
      const { rows, flat } = find(table);
      const columns = nameColumns(flat ?? []);
      return select(table, () => true).map((row) => toFlatRow(row, columns, rows.get(row.key)!.syncedMs));
    },

    async write(given) {
      const batch = toStorableBatch(given);
      const table = find(batch.table);
      if (batch.state !== undefined && batch.state.epoch < table.state.epoch)
        throw new FencedError("a newer lease writes");
      const found = batch.changes.flatMap(({ key }) => table.rows.get(key)?.row ?? []);
      const plan = planWrite(batch, new Map(found.map(({ key, versions }) => [key, versions])));
      const changedKeys: string[] = [];
      for (const write of plan.writes) {
        const old = table.rows.get(write.key);
        const row = mergeRow(batch.table, old?.row ?? null, write);
        const changed = hasChanged(old?.row ?? null, row);
        table.rows.set(write.key, { row, syncedMs: changed ? now() : old!.syncedMs });
        if (changed) changedKeys.push(write.key);
      }
      const doubts = raise(batch.table, plan.doubts);
      for (const [key, currentMs] of plan.answers) {
        for (const asked of [table.doubts, table.suspects]) {
          if ((asked.get(key)?.afterMs ?? Infinity) < currentMs) asked.delete(key);
        }
      }
      for (const key of plan.dead) table.suspects.delete(key);
      for (const shown of batch.shown ?? []) {
        addUnshown(
          table.suspects,
          select(batch.table, ({ deletedMs }) => deletedMs === null),
          shown,
        );
      }
      table.state = batch.state ?? table.state;
      return { outcomes: plan.outcomes, changedKeys, doubts, restored: plan.restored };
    },

    async states(source) {
      return new Map([...(sources.get(source) ?? [])].map(([stream, { state }]) => [stream, state]));
    },

    async doubts(source, limit) {
      const all = [...(sources.get(source)?.values() ?? [])].flatMap(({ doubts }) => [...doubts.values()]);
      return all.toSorted((left, right) => left.sinceMs - right.sinceMs).slice(0, limit);
    },

    async addDoubts(table, doubts) {
      raise(table, collapseDoubts(doubts));
    },

    suspects: createMemorySuspects({
      of: (table) => find(table).suspects,
      ofSource: (source) =>
        new Map([...(sources.get(source) ?? [])].map(([stream, { suspects }]) => [stream, suspects])),
      doubt: (table, suspects) => {
        const { doubts } = find(table);
        const asked = suspects.filter(({ key }) => !doubts.has(key));
        raise(
          table,
          asked.map(({ key, parentId, afterMs }) => ({ key, parentId, afterMs, contradiction: null })),
        );
      },
      endDoubt: (table, key) => void find(table).doubts.delete(key),
      now,
    }),

    async detailDue(table, limit) {
      const due = select(table, (row) => row.deletedMs === null && isDetailDue(table, row.versions));
      return due.toSorted((left, right) => (left.versions.core > right.versions.core ? -1 : 1)).slice(0, limit);
    },

    async rowsByKey(table, keys) {
      const wanted = new Set(keys);
      return select(table, ({ key }) => wanted.has(key));
    },

    async rows(table, query) {
      const { rows } = find(table);
      const isRecent = ({ key }: Row): boolean => rows.get(key)!.syncedMs > (query.changedAfterMs ?? -Infinity);
      return select(table, (row) => matches(row, query) && isRecent(row)).slice(0, query.limit);
    },

    async count(table) {
      const stored = [...find(table).rows.values()];
      const live = stored.filter(({ row }) => row.deletedMs === null);
      return {
        rows: live.length,
        deleted: stored.length - live.length,
        full: live.filter(({ row }) => !isDetailDue(table, row.versions)).length,
        lastChangeMs: stored.reduce<number | null>((last, { syncedMs }) => Math.max(last ?? 0, syncedMs), null),
      };
    },

    vault: {
      put: async (name, sealed) => void vault.set(name, sealed),
      remove: async (name) => void vault.delete(name),
      all: async () => new Map(vault),
    },

    close: async () => {},
  };
}

function toFlatRow(row: Row, columns: readonly NamedColumn[], syncedMs: number): FlatRow {
  const readings = columns.map((column) => [column.name, readColumn(column, row.data)] as const);
  return {
    id: row.key,
    _parent_id: row.parentId,
    _modified_at: row.modifiedMs,
    _deleted_at: row.deletedMs,
    _synced_at: syncedMs,
    _misfits: readings.filter(([, { isMisfit }]) => isMisfit).length,
    ...Object.fromEntries(readings.map(([name, { value }]) => [name, value])),
  };
}

function matches(row: Row, { after, parentId, deletedAfterMs, changedAfterMs }: RowQuery): boolean {
  if (after !== undefined && compareBytes(row.key, after) <= 0) return false;
  if (parentId !== undefined && row.parentId !== parentId) return false;
  if (deletedAfterMs === undefined && changedAfterMs !== undefined) return true;
  return deletedAfterMs === undefined ? row.deletedMs === null : (row.deletedMs ?? -1) > deletedAfterMs;
}

function compareBytes(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}
