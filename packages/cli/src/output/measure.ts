import type { Run, Status, TableStatus } from "../api/answers.ts";

/** How far a pull is. */
export interface Measure {
  readonly rows: number;
  /** Null while a table that is still read does not say how many it expects. */
  readonly expected: number | null;
  readonly tables: number;
  /** Tables whose listing has ended. */
  readonly ended: number;
}

/** What was asked of a pull. */
export interface Asked {
  /** All, when none are named. */
  readonly tables?: readonly string[];
  readonly restart?: boolean;
}

/** A listing starts by Zoho's clock, the run by ours. */
const CLOCKS_APART_MS = 60_000;

/** How far the pulls of tables are. One that is read again has its rows from the start, so it counts when its new listing has ended. */
export function measure({ tables }: Pick<Status, "tables">, run: Pick<Run, "startedAt">, asked: Asked): Measure {
  const kept = tables.filter(
    ({ name, state }) => state !== "disabled" && (asked.tables === undefined || asked.tables.includes(name)),
  );
  const startedMs = asked.restart === true ? Date.parse(run.startedAt) - CLOCKS_APART_MS : 0;
  const reading = kept.filter((table) => !hasEnded(table, startedMs));
  const left = (table: TableStatus): number => Math.max(0, (table.expected ?? 0) - got(table));
  const got = (table: TableStatus): number => (asked.restart === true && reading.includes(table) ? 0 : table.rows);
  const rows = sum(kept, got);
  return {
    rows,
    expected: reading.some(({ expected }) => expected === null) ? null : rows + sum(reading, left),
    tables: kept.length,
    ended: kept.length - reading.length,
  };
}

function hasEnded({ pull }: TableStatus, sinceMs: number): boolean {
  return pull !== null && pull.state !== "running" && Date.parse(pull.startedAt) >= sinceMs;
}

function sum(tables: readonly TableStatus[], count: (table: TableStatus) => number): number {
  return tables.reduce((total, table) => total + count(table), 0);
}

/** How many rows there were at a time. */
export interface Sample {
  readonly atMs: number;
  readonly rows: number;
}

/** Rows a second from the first of the samples to the last, and how long the rest takes; null while nothing is known of it. */
export function pace(
  samples: readonly Sample[],
  { rows, expected }: Pick<Measure, "rows" | "expected">,
): { readonly rate: number; readonly leftMs: number | null } {
  const [first, last] = [samples[0], samples.at(-1)];
  const elapsedMs = first === undefined || last === undefined ? 0 : last.atMs - first.atMs;
  const rate = elapsedMs <= 0 ? 0 : Math.max(0, last!.rows - first!.rows) / (elapsedMs / 1_000);
  return { rate, leftMs: expected !== null && rate > 0 ? ((expected - rows) / rate) * 1_000 : null };
}
