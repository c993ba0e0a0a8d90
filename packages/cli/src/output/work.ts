import type * as z from "zod";
import type { Check, Verdict, plan, readTables } from "../api/answers.ts";
import type { Terminal, Tone } from "./terminal.ts";
import { formatTable } from "./table.ts";
import { toDuration } from "./time.ts";

type Painter = Pick<Terminal, "paint">;

const tones = { ok: "good", warn: "doubtful", fail: "bad" } as const;
const words = { ok: "ok  ", warn: "warn", fail: "FAIL" } as const;

/** Checks, one a line, with what to do below those that are not ok, once where the next says the same. */
export function formatChecks(checks: readonly Check[], { paint }: Painter): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const lines = checks.flatMap(({ name, state, message, hint }, index) => {
    const line = `${paint(tones[state], words[state])}  ${name.padEnd(width)}  ${message}`.trimEnd();
    const isSaid = state === "ok" || !hint || checks[index + 1]?.hint === hint;
    return isSaid ? [line] : [line, `      ${" ".repeat(width)}  → ${hint}`];
  });
  return lines.join("\n");
}

/** What a full pull costs, table by table, and in all. */
export function formatPlan({ tables, credits, seconds }: z.output<typeof plan>): string {
  const rows = tables.map((table) => [
    table.name,
    table.rows,
    table.calls,
    table.credits,
    toDuration(table.seconds * 1_000),
  ]);
  const calls = tables.reduce((sum, table) => sum + table.calls, 0);
  const known = tables.reduce((sum, table) => sum + (table.rows ?? 0), 0);
  return formatTable(
    ["table", "rows", "calls", "credits", "time"],
    [...rows, ["all", known, calls, credits, toDuration(seconds * 1_000)]],
  );
}

/** What was read of each table, and why not, where it was not. */
export function formatReadTables(tables: z.output<typeof readTables>["tables"], { paint }: Painter): string {
  const text = formatTable(
    ["table", "rows", "calls", "credits", "state"],
    tables.map(({ name, state, rows, calls, credits }) => [name, rows, calls, credits, state]),
  );
  const painted = paintLastWord(
    text,
    tables.map(({ state }) => toneOfState(state)),
    paint,
  );
  const reasons = Map.groupBy(
    tables.filter(({ message }) => message),
    ({ message }) => message!,
  );
  const lines = [...reasons].map(([message, named]) => `${named.map(({ name }) => name).join(", ")}: ${message}`);
  return lines.length === 0 ? painted : `${painted}\n\n${lines.join("\n")}`;
}

/** A verdict as a table of tables; the last column names up to three rows that are not equal. */
export function formatVerdict({ equal, looks, tables }: Verdict, { paint }: Painter): string {
  const text = formatTable(
    ["table", "in Desk", "in the sink", "detail due", "verdict"],
    tables.map((table) => [table.name, table.source, table.sink, table.detailDue, describe(table)]),
  );
  const word = equal ? paint("good", "Equal") : paint("bad", "NOT equal");
  return `${text}\n\n${word} after ${looks} ${looks === 1 ? "look" : "looks"}.`;
}

function describe({ missing, extra, different }: Verdict["tables"][number]): string {
  const wrong = Object.entries({ missing, extra, different }).filter(([, ids]) => ids.length > 0);
  const told = wrong.map(([kind, ids]) => `${kind}: ${ids.slice(0, 3).join(" ")}${ids.length > 3 ? " …" : ""}`);
  return told.join(", ") || "equal";
}

/** What colour says of a state of a table, a source or a webhook. */
export function toneOfState(state: string): Tone {
  if (["live", "active", "complete"].includes(state)) return "good";
  if (["error", "incomplete", "missing"].includes(state)) return "bad";
  return ["paused", "unknown", "unavailable"].includes(state) ? "doubtful" : "plain";
}

/** Paints the last word of each line below the first: padding comes before colour, which has no width. */
function paintLastWord(text: string, tones: readonly Tone[], paint: Terminal["paint"]): string {
  return text
    .split("\n")
    .map((line, index) =>
      index === 0 ? line : line.replace(/\S+$/, (word) => paint(tones[index - 1] ?? "plain", word)),
    )
    .join("\n");
}
