import type { Run, Status } from "../api/answers.ts";

/** How far a pull is, in rows. */
export interface Measure {
  readonly rows: number;
  /** Null while no table says how many it expects. */
  readonly expected: number | null;
}

/**
 * How far the pulls of tables are. A table that is read again has all its rows from the start, so it counts only once its listing, begun
 * with this run or later, has ended.
 */
export function measure({ tables }: Pick<Status, "tables">, run: Pick<Run, "startedAt">): Measure {
  let rows = 0;
  let expected: number | null = null;
  for (const table of tables) {
    if (table.state === "disabled") continue;
    const wanted = table.expected ?? table.rows;
    if (table.expected !== null) expected = (expected ?? 0) + wanted;
    else if (expected !== null) expected += table.rows;
    const { pull } = table;
    const isAgain = pull?.state === "running" && table.rows >= wanted && pull.startedAt >= run.startedAt;
    if (!isAgain) rows += Math.min(table.rows, wanted);
  }
  return { rows, expected };
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
