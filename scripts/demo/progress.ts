import { formatTable } from "@deskmirror/cli";
import type { Status, TableStatus, Verdict } from "../pair/admin-api.ts";

/** Whether a table's listing has come to its end. */
export function isListed({ pull, state }: TableStatus): boolean {
  return state === "disabled" || (pull !== null && pull.state !== "running");
}

/** A status as a table of tables. */
export function formatStatus({ tables }: Status): string {
  return formatTable(
    ["table", "state", "rows", "of", "with detail", "deleted"],
    tables.map(({ name, state, rows, expected, full, deleted }) => [name, state, rows, expected, full, deleted]),
  );
}

/** A status in one line. */
export function summarizeStatus({ tables }: Status): string {
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  const listed = tables.filter(isListed).length;
  return `${listed} of ${tables.length} tables are read, ${rows.toLocaleString("en")} rows.`;
}

/** A verdict as a table of tables; the last column names up to three rows that are not equal. */
export function formatVerdict({ tables }: Verdict): string {
  return formatTable(
    ["table", "in Desk", "in the database", "detail due", "verdict"],
    tables.map(({ name, source, sink, detailDue, missing, extra, different }) => {
      const wrong = Object.entries({ missing, extra, different }).filter(([, ids]) => ids.length > 0);
      const words = wrong.map(([kind, ids]) => `${kind}: ${ids.slice(0, 3).join(" ")}${ids.length > 3 ? " …" : ""}`);
      return [name, source, sink, detailDue, words.join(", ") || "equal"];
    }),
  );
}

/** How many changes of a workload were creates, updates and deletes; restores, moves and archivings are updates. */
export function countChanges(
  counts: Readonly<Record<string, number>>,
): Readonly<Record<"creates" | "updates" | "deletes", number>> {
  const sums = { creates: 0, updates: 0, deletes: 0 };
  for (const [kind, count] of Object.entries(counts)) {
    if (/(Create|Add)$/.test(kind)) sums.creates += count;
    else if (kind.endsWith("Delete")) sums.deletes += count;
    else sums.updates += count;
  }
  return sums;
}
