import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import type { CellResult } from "./run-cell.ts";

const PAGE = "docs/faults.md";
/** What follows it is written by a run of the whole table; what stands before it, by people. */
const HEADING = "## The table";

/** A cell in a few lines, for who watches. */
export function describeCell({ name, problems, ...cell }: CellResult): string {
  const times = `equal after ${toSeconds(cell.equalMs)}, at rest after ${toSeconds(cell.restMs)}, ready after ${toSeconds(cell.readyMs)}`;
  const deliveries = `${cell.deliveries} deliveries, ${cell.refused} not answered 200, the slowest ${Math.round(cell.slowestMs)} ms`;
  const line = `${name}: ${times} (${cell.struck}; ${deliveries}; ${toSeconds(cell.tookMs)} in all)`;
  return [`${problems.length === 0 ? "✓" : "✗"} ${line}`, ...problems.map((problem) => `    ${problem}`)].join("\n");
}

/** Puts the results of a whole run into docs/faults.md. */
export function writeReport(results: readonly CellResult[], tookMs: number): void {
  const page = readFileSync(PAGE, "utf8");
  const head = page.slice(0, page.indexOf(HEADING) + HEADING.length);
  writeFileSync(PAGE, `${head}\n\n${describeRun(results, tookMs)}\n\n${formatCells(results)}\n`);
}

/** How many cells hold, and of what, where and in how long that was found. */
function describeRun(results: readonly CellResult[], tookMs: number): string {
  const held = results.filter(({ problems }) => problems.length === 0).length;
  const commit = execFileSync("git", ["describe", "--always", "--dirty", "--abbrev=12"], { encoding: "utf8" }).trim();
  const [cpu] = cpus();
  const machine = `${cpus().length} cores (${cpu?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GB, ${process.platform}`;
  return `${held} of ${results.length} cells hold, in ${Math.round(tookMs / 60_000)} minutes. Commit ${commit}; ${machine}; Node ${process.version}.`;
}

/** The results as a table of Markdown, as the formatter would have it. */
export function formatCells(results: readonly CellResult[]): string {
  const titles = [
    "cell",
    "holds",
    "how it struck",
    "rows equal after",
    "at rest after",
    "ready after",
    "deliveries",
    "not answered 200",
    "slowest answer",
  ];
  const rows = results.map((cell) => [
    cell.name,
    cell.problems.length === 0 ? "yes" : "no",
    cell.struck,
    toSeconds(cell.equalMs),
    toSeconds(cell.restMs),
    toSeconds(cell.readyMs),
    String(cell.deliveries),
    String(cell.refused),
    cell.deliveries === 0 ? "" : `${Math.round(cell.slowestMs)} ms`,
  ]);
  const widths = titles.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)));
  const toLine = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`;
  return [titles, widths.map((width) => "-".repeat(width)), ...rows].map(toLine).join("\n");
}

function toSeconds(ms: number | null): string {
  return ms === null ? "never" : `${(ms / 1_000).toFixed(1)} s`;
}
