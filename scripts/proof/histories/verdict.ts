import type { StoreRecord, TableName } from "@deskmirror/desk-emulator";
import { judgeTable } from "../oracle.ts";
import type { SinkRow } from "../oracle.ts";
import type { Row, Table } from "@deskmirror/model";
import type { Durable } from "./durable.ts";
import type { Stage } from "./steps.ts";

/** What is wrong with a history that came to rest: rows against Desk (I12), and the ledger against what was answered (I1, I2). */
export async function findFaults(stage: Stage, durable: Durable, tables: readonly Table[]): Promise<readonly string[]> {
  const faults: string[] = [];
  const archived = new Set([...stage.desk.store.records("archived_tickets")].map(({ key }) => key));
  for (const table of tables) {
    const name = table.stream as TableName;
    const hidden = new Set(stage.desk.settings.hiddenKeys);
    const records = [...stage.desk.store.records(name)].map((record) => withoutKeys(record, hidden));
    const judgement = await judgeTable({
      table: name,
      records,
      rows: await readRows(durable, table, hidden),
      archived,
      mayLackDetail: false,
    });
    faults.push(...judgement.faults.map((fault) => `I12 ${name} ${fault}`));
  }
  return [...faults, ...findLost(stage, durable), ...durable.deadLetters.all().map(toFault)];
}

function toFault({ reason, message, body }: { reason: string; message: string; body: string }): string {
  return `dead letter ${reason}: ${message} ${body.slice(0, 200)}`;
}

async function readRows({ sink }: Durable, table: Table, hidden: ReadonlySet<string>): Promise<Map<string, SinkRow>> {
  const live = await sink.rows(table, { limit: 10_000 });
  const dead = await sink.rows(table, { limit: 10_000, deletedAfterMs: -1 });
  return new Map(
    [...live, ...dead].flatMap((row) =>
      row.data === null ? [] : [[row.key, toSinkRow(row, without(row.data, hidden))]],
    ),
  );
}

/** What the profile of the agent who authorized hides, nobody can keep a copy of. */
function withoutKeys(record: StoreRecord, hidden: ReadonlySet<string>): StoreRecord {
  return { ...record, list: without(record.list, hidden), detail: without(record.detail, hidden) };
}

function without<Data extends object>(data: Data, hidden: ReadonlySet<string>): Data {
  return hidden.size === 0
    ? data
    : (Object.fromEntries(Object.entries(data).filter(([key]) => !hidden.has(key))) as Data);
}

function toSinkRow({ key, parentId, modifiedMs, deletedMs, versions }: Row, data: SinkRow["data"]): SinkRow {
  const toDate = (ms: number | null): Date | null => (ms === null ? null : new Date(ms));
  const times = { modifiedAt: toDate(modifiedMs), deletedAt: toDate(deletedMs) };
  return { id: key, data, parentId, ...times, life: versions.life };
}

/** Deliveries that were answered 200 and went nowhere, and events that were not counted exactly once. */
function findLost({ plant }: Stage, { deliveries: ledger }: Durable): readonly string[] {
  const stored = new Map(
    [...ledger.stored.values()].flatMap(({ id, deliveries }) => deliveries.map((one) => [one.id, id] as const)),
  );
  const lost = [...plant.answered.keys()].filter((id) => !ledger.settled.has(stored.get(id) ?? ""));
  const unbalanced = [...ledger.settled].filter(([id, settlement]) => {
    const events = ledger.stored.get(id)!.deliveries.reduce((sum, one) => sum + one.events, 0);
    return Object.values(settlement).reduce<number>((sum, count) => sum + count, 0) !== events;
  });
  return [
    ...lost.map((id) => `I1 delivery ${id} was answered 200 and is gone`),
    ...unbalanced.map(([id]) => `I2 group ${id} was not settled event by event`),
  ];
}
