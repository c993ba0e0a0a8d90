import type { StoreRecord, TableName } from "@deskmirror/desk-emulator";
import { judgeTable, keyOf } from "../oracle.ts";
import type { SinkRow } from "../oracle.ts";
import type { DeliveryGroup, Row, Settlement, Table } from "@deskmirror/model";
import type { Durable } from "./forms.ts";
import type { Stage } from "./steps.ts";

/** A record, of Desk or here. */
export interface Shown {
  readonly key: string;
  readonly parentId: string | null;
  readonly data: SinkRow["data"];
}

/** Whether a record of a table must be equal by now. */
export type IsOwed = (table: TableName, record: Shown) => boolean;

/** What is wrong with a history that came to rest: rows against Desk (I12), and the ledger against what was answered (I1, I2). */
export async function findFaults(stage: Stage, durable: Durable, tables: readonly Table[]): Promise<readonly string[]> {
  const unlike = await findUnlike(stage, durable, tables);
  const letters = await durable.letters();
  return [...unlike, ...findLost(stage), ...(await findUncounted(stage, durable)), ...letters.map(toFault)];
}

/** Rows that are not as Desk has them, of the records that must be. */
export async function findUnlike(
  { desk }: Stage,
  durable: Durable,
  tables: readonly Table[],
  isOwed: IsOwed = () => true,
): Promise<readonly string[]> {
  const faults: string[] = [];
  const archived = new Set([...desk.store.records("archived_tickets")].map(({ key }) => key));
  const hidden = new Set(desk.settings.hiddenKeys);
  for (const table of tables) {
    const name = table.stream as TableName;
    const records = [...desk.store.records(name)].filter((record) => isOwed(name, { ...record, data: record.detail }));
    const rows = (await readRows(durable, table, hidden)).filter((row) => isOwed(name, { ...row, key: row.id }));
    const judgement = await judgeTable({
      table: name,
      records: records.map((record) => withoutKeys(record, hidden)),
      rows: new Map(rows.map((row) => [keyOf(name, row.id, row.data), row])),
      archived,
      mayLackDetail: false,
    });
    faults.push(...judgement.faults.map((fault) => `I12 ${name} ${fault}`));
  }
  return faults;
}

function toFault({ reason, message, body }: { reason: string; message: string; body: string }): string {
  return `dead letter ${reason}: ${message} ${body.slice(0, 200)}`;
}

async function readRows({ sink }: Durable, table: Table, hidden: ReadonlySet<string>): Promise<readonly SinkRow[]> {
  const live = await sink.rows(table, { limit: 10_000 });
  const dead = await sink.rows(table, { limit: 10_000, deletedAfterMs: -1 });
  return [...live, ...dead].flatMap((row) => (row.data === null ? [] : [toSinkRow(row, without(row.data, hidden))]));
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

/** Deliveries that were answered 200 and went nowhere, and groups of which not every event went somewhere. */
function findLost({ plant: { traffic } }: Stage): readonly string[] {
  const groupOf = new Map(
    [...traffic.groups.values()].flatMap(({ id, deliveries }) => deliveries.map((one) => [one.id, id] as const)),
  );
  const lost = [...traffic.answered.keys()].filter((id) => !traffic.settled.has(groupOf.get(id) ?? ""));
  const unbalanced = [...traffic.settled].filter(
    ([id, settlement]) => sum(settlement) !== eventsOf(traffic.groups, id),
  );
  return [
    ...lost.map((id) => `I1 delivery ${id} was answered 200 and is gone`),
    ...unbalanced.map(([id]) => `I2 group ${id} was not settled event by event`),
  ];
}

/** Every event that was applied is counted once by the ledger, and no other. */
async function findUncounted({ plant: { traffic }, source }: Stage, { ledger }: Durable): Promise<readonly string[]> {
  const events = [...traffic.settled.keys()].reduce((total, id) => total + eventsOf(traffic.groups, id), 0);
  const { accepted, inFlight, unaccounted, ...buckets } = await ledger.counts(source);
  const isBalanced = accepted === events && sum(buckets) === events && inFlight === 0 && unaccounted === 0;
  const counted = JSON.stringify({ accepted, inFlight, unaccounted, ...buckets });
  return isBalanced ? [] : [`I2 of ${events} events the ledger says ${counted}`];
}

function eventsOf(groups: ReadonlyMap<string, DeliveryGroup>, id: string): number {
  return groups.get(id)!.deliveries.reduce((total, { events }) => total + events, 0);
}

function sum(counts: Settlement): number {
  return Object.values(counts).reduce<number>((total, count) => total + count, 0);
}
