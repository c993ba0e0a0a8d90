import { setImmediate as turn } from "node:timers/promises";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatTable } from "@deskmirror/cli";
import { openSink } from "@deskmirror/sinks";
import { liveHistory } from "./history.ts";
import type { History } from "./history.ts";
import { createMemoryForms } from "./memory-forms.ts";
import { startServers } from "./servers.ts";

/** What histories run on: memory, a SQLite file for each, or a real Redis and a real PostgreSQL. */
export type HistorySink = "memory" | "sqlite" | "postgres";

/** How to live histories on something, and how many side by side. */
interface Place {
  readonly atOnce: number;
  live(seed: number): Promise<History>;
  close(): Promise<void>;
}

const SHOW_EVERY_MS = 60_000;

/** They wait for the servers most of their time. */
const AT_ONCE_ON_SERVERS = 8;

/** Lives so many random histories from consecutive seeds; says which failed, how fast it went, and what they covered. */
export async function proveHistories(options: {
  readonly runs: number;
  /** The first seed. */
  readonly seed: number;
  readonly sink: HistorySink;
  readonly signal: AbortSignal;
}): Promise<boolean> {
  const { runs, seed, sink, signal } = options;
  const counts = new Map<string, number>();
  const failed: number[] = [];
  const startedMs = performance.now();
  let shownMs = startedMs;
  let [begun, done] = [0, 0];
  const rate = (): string => `${((done / (performance.now() - startedMs)) * 1000).toFixed(1)} histories a second`;

  function tell(history: History): void {
    done += 1;
    for (const [name, count] of Object.entries(history.steps)) counts.set(name, (counts.get(name) ?? 0) + count);
    if (history.faults.length > 0) {
      failed.push(history.seed);
      console.log(describeHistory(history, sink));
    }
    if (performance.now() - shownMs < SHOW_EVERY_MS) return;
    shownMs = performance.now();
    console.log(`${done} of ${runs}, ${rate()}`);
  }

  const place = await openPlace(sink, runs);
  async function liveOn(): Promise<void> {
    while (begun < runs && !signal.aborted) {
      tell(await place.live(seed + begun++));
      // A history in memory looks for no signal from outside.
      await turn();
    }
  }
  try {
    await Promise.all(Array.from({ length: place.atOnce }, liveOn));
  } finally {
    await place.close();
  }
  const rows = [...counts].toSorted(([left], [right]) => (left < right ? -1 : 1));
  console.log(formatTable(["step", "times"], rows));
  console.log(`${done} histories from seed ${seed} on, ${rate()}; ${failed.length} failed ${failed.join(" ")}`);
  return done > 0 && failed.length === 0;
}

async function openPlace(sink: HistorySink, runs: number): Promise<Place> {
  if (sink === "memory") return { atOnce: 1, live: (seed) => liveHistory(seed), close: async () => {} };
  if (sink === "sqlite") return { atOnce: 1, live: liveOnSqlite, close: async () => {} };
  const servers = await startServers(runs);
  return { atOnce: AT_ONCE_ON_SERVERS, live: servers.live, close: servers.stop };
}

async function liveOnSqlite(seed: number): Promise<History> {
  const dataDir = mkdtempSync(join(tmpdir(), "deskmirror-history-"));
  const sink = await openSink(`sqlite:${join(dataDir, "desk.db")}`, { dataDir });
  try {
    return await liveHistory(seed, { forms: createMemoryForms(sink) });
  } finally {
    await sink.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** A failed history as a person needs it: its faults, every step, and how to live it again. */
export function describeHistory({ seed, faults, told }: History, sink: HistorySink): string {
  const lines = [...faults, ...told.map((line) => `  ${line}`)];
  const again = `npm run proof -- histories --runs 1${sink === "memory" ? "" : ` --sink ${sink}`}`;
  return [`seed ${seed} failed: SEED=${seed} ${again}`, ...lines].join("\n");
}
