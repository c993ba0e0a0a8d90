import type { Status, TableStatus } from "../api/answers.ts";
import { formatFacts, formatTable } from "./table.ts";
import type { Terminal } from "./terminal.ts";
import { toDuration, toLocal } from "./time.ts";
import { toneOfState } from "./work.ts";

/** How a source does, for people. */
export function formatStatus(status: Status, { paint }: Pick<Terminal, "paint">): string {
  const { name, state, message, tables } = status;
  const kept = tables.filter((table) => table.state !== "disabled");
  const rest = tables.length - kept.length;
  const notes = tables.flatMap((table) =>
    table.message === null || table.state === "disabled" ? [] : [`${table.name}: ${table.message}`],
  );
  return [
    `${name} is ${paint(toneOfState(state), state)}${message === null ? "" : `: ${message}`}`,
    formatFacts({
      webhook: describeWebhook(status),
      credits: describeCredits(status),
      events: describeLedger(status),
      gaps: describeGaps(status),
    }),
    "",
    kept.every(isUntouched) ? `Nothing was pulled yet. Next: ${nextStep(status)}` : formatTables(kept),
    ...(rest === 0
      ? []
      : [`${rest} more ${rest === 1 ? "table is" : "tables are"} disabled; npx deskmirror doctor says why.`]),
    ...(notes.length === 0 ? [] : ["", ...notes]),
  ].join("\n");
}

function formatTables(tables: readonly TableStatus[]): string {
  return formatTable(
    ["table", "state", "rows", "of", "with detail", "deleted", "last change", "lag"],
    tables.map((table) => [
      table.name,
      table.state,
      table.rows,
      table.expected,
      table.full,
      table.deleted,
      toLocal(table.lastChangeAt),
      toDuration(table.lagMs),
    ]),
  );
}

function isUntouched({ state, pull, rows, deleted, message }: TableStatus): boolean {
  return state === "pending" && pull === null && rows === 0 && deleted === 0 && message === null;
}

function nextStep({ name, state }: Status): string {
  if (state === "new") return `npx deskmirror authorize ${name}`;
  if (state === "paused") return `npx deskmirror resume ${name}`;
  return `npx deskmirror plan ${name} (what it costs), then npx deskmirror pull ${name} --wait`;
}

function describeCredits({ credits }: Status): string {
  const { limit, remaining, reserve, spentToday, waitUntil } = credits;
  const left =
    remaining === null ? "not known yet" : `${toText(remaining)}${limit === null ? "" : ` of ${toText(limit)}`} left`;
  const spent = Object.entries(spentToday).map(([purpose, count]) => `${purpose} ${toText(count)}`);
  const waits = waitUntil === null ? "" : `; nothing is sent before ${toLocal(waitUntil)}`;
  return `${left}, reserve ${Math.round(reserve * 100)} %, spent today: ${spent.join(", ")}${waits}`;
}

function describeWebhook({ webhook: { id, state, message, lastDeliveryAt } }: Status): string {
  const what = `${state}${id === null ? "" : ` (${id})`}, last delivery ${toLocal(lastDeliveryAt)}`;
  return message === null ? what : `${what}; ${message}`;
}

function describeLedger({ ledger }: Status): string {
  const { accepted, applied, superseded, filtered, deadLettered, inFlight, unaccounted } = ledger;
  const ends = [
    `applied ${toText(applied)}`,
    `superseded ${toText(superseded)}`,
    `filtered ${toText(filtered)}`,
    `dead letters ${toText(deadLettered)}`,
    `in flight ${toText(inFlight)}`,
    `unaccounted ${toText(unaccounted)}`,
  ];
  return `accepted ${toText(accepted)}: ${ends.join(", ")}`;
}

function describeGaps({ gaps }: Status): string {
  const open = gaps.filter(({ state }) => state === "open");
  const told = open.map(({ from, reason }) => `${reason} since ${toLocal(from)}`).join("; ");
  return `${open.length === 0 ? "none open" : `open: ${told}`}, ${gaps.length - open.length} closed`;
}

function toText(count: number): string {
  return count.toLocaleString("en");
}
