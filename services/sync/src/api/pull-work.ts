import type { DataSource, JsonValue } from "@deskmirror/model";
import { sleep } from "@deskmirror/runtime";
import type { OpenMirror } from "../mirror/open-mirror.ts";
import type { Progress } from "../mirror/progress.ts";

const POLL_MS = 500;

/** The counters that ask for a pull of tables: those never pulled, and with `restart` every one, get a higher number. */
export function askPulls(
  source: DataSource,
  tables: readonly string[],
  restart: boolean,
): Readonly<Record<string, number>> {
  const asked = { ...source.pulls };
  for (const table of tables) asked[table] = restart ? (asked[table] ?? 0) + 1 : (asked[table] ?? 1);
  return asked;
}

/** Waits until the listing of every table is complete or incomplete; what was spent is the run's result. */
export async function waitForPulls(
  current: () => OpenMirror | null,
  options: {
    readonly tables: readonly string[];
    readonly asked: Readonly<Record<string, number>>;
    readonly signal: AbortSignal;
  },
): Promise<JsonValue> {
  const { tables, asked, signal } = options;
  for (;;) {
    const facts = (await current()?.mirror.facts()) ?? [];
    const wanted = facts.filter(({ stream }) => tables.includes(stream.name));
    const ended = wanted.every(({ stream, progress }) => isEnded(progress, asked[stream.name] ?? 1));
    if (wanted.length === tables.length && ended) {
      return {
        tables: wanted.map(({ stream, progress }) => ({
          name: stream.name,
          state: progress.pull!.state,
          rows: progress.pull!.rows,
          calls: progress.pull!.calls,
          credits: progress.pull!.credits,
          message: progress.pull!.message,
        })),
      };
    }
    await sleep(POLL_MS, signal);
  }
}

function isEnded({ pull }: Progress, asked: number): boolean {
  return pull !== null && pull.asked >= asked && pull.state !== "running";
}
