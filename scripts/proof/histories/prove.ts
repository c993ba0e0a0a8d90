import { setImmediate as turn } from "node:timers/promises";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatTable } from "@deskmirror/cli";
import { openSink } from "@deskmirror/sinks";
import { liveHistory } from "./history.ts";
import type { History } from "./history.ts";

const SHOW_EVERY = 500;

/** Lives so many random histories from consecutive seeds; says which failed, how fast it went, and what they covered. */
export async function proveHistories(options: {
  readonly runs: number;
  /** The first seed. */
  readonly seed: number;
  /** Memory, or a SQLite file for each. */
  readonly sink: "memory" | "sqlite";
  readonly signal: AbortSignal;
}): Promise<boolean> {
  const { runs, seed, signal } = options;
  const counts = new Map<string, number>();
  const failed: number[] = [];
  let done = 0;
  const startedMs = performance.now();
  const rate = (): string => `${((done / (performance.now() - startedMs)) * 1000).toFixed(1)} histories a second`;
  for (; done < runs && !signal.aborted; done += 1) {
    // A history looks for no signal from outside.
    await turn();
    const history = await (options.sink === "sqlite" ? liveOnSqlite(seed + done) : liveHistory(seed + done));
    for (const [name, count] of Object.entries(history.steps)) counts.set(name, (counts.get(name) ?? 0) + count);
    if (history.faults.length > 0) {
      failed.push(history.seed);
      console.log(describeHistory(history));
    }
    if ((done + 1) % SHOW_EVERY === 0) console.log(`${done + 1} of ${runs}, ${rate()}`);
  }
  const rows = [...counts].toSorted(([left], [right]) => (left < right ? -1 : 1));
  console.log(formatTable(["step", "times"], rows));
  console.log(`${done} histories from seed ${seed} on, ${rate()}; ${failed.length} failed ${failed.join(" ")}`);
  return done > 0 && failed.length === 0;
}

async function liveOnSqlite(seed: number): Promise<History> {
  const dataDir = mkdtempSync(join(tmpdir(), "deskmirror-history-"));
  const sink = await openSink(`sqlite:${join(dataDir, "desk.db")}`, { dataDir });
  try {
    return await liveHistory(seed, {}, sink);
  } finally {
    await sink.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** A failed history as a person needs it: its faults, every step, and how to live it again. */
export function describeHistory({ seed, faults, told }: History): string {
  const lines = [...faults, ...told.map((line) => `  ${line}`)];
  return [`seed ${seed} failed: SEED=${seed} npm run proof -- histories --runs 1`, ...lines].join("\n");
}
