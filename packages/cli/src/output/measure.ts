import type { Run, Status, TableStatus } from "../api/answers.ts";

/** How far a pull is, in rows. */
export interface Measure {
  readonly rows: number;
  /** Null while no table says how many it expects. */
  readonly expected: number | null;
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
  const wanted = ({ expected, rows }: TableStatus): number => expected ?? rows;
  const got = (table: TableStatus): number =>
    asked.restart === true && !hasEnded(table, run) ? 0 : Math.min(table.rows, wanted(table));
  return {
    rows: sum(kept, got),
    expected: kept.some(({ expected }) => expected !== null) ? sum(kept, wanted) : null,
  };
}

function hasEnded({ pull }: TableStatus, run: Pick<Run, "startedAt">): boolean {
  if (pull === null || pull.state === "running") return false;
  return Date.parse(pull.startedAt) >= Date.parse(run.startedAt) - CLOCKS_APART_MS;
}

function sum(tables: readonly TableStatus[], count: (table: TableStatus) => number): number {
  return tables.reduce((total, table) => total + count(table), 0);
}

/** What is told of the time: rows a second since the start, and how long the rest takes; null while nothing is known of it. */
export function pace(
  { rows, expected }: Measure,
  since: { readonly rows: number; readonly elapsedMs: number },
): { readonly rate: number; readonly leftMs: number | null } {
  const rate = since.elapsedMs <= 0 ? 0 : Math.max(0, rows - since.rows) / (since.elapsedMs / 1_000);
  const isKnown = expected !== null && rate > 0;
  return { rate, leftMs: isKnown ? (Math.max(0, expected - rows) / rate) * 1_000 : null };
}
