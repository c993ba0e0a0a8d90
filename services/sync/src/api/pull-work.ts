import { hash } from "node:crypto";
import type { DataSource, JsonValue } from "@deskmirror/model";
import { sleep } from "@deskmirror/runtime";
import type { TableFacts } from "../mirror/due-work.ts";
import type { OpenMirror } from "../mirror/open-mirror.ts";
import type { Progress } from "../mirror/progress.ts";

const POLL_MS = 500;

/**
 * The counters that ask for a pull of tables: those never pulled, and with `restart` every one, get a higher number. So do the tables they
 * are read under that were never asked for: no child is read before its parent.
 */
export function askPulls(
  { pulls }: Pick<DataSource, "pulls">,
  tables: readonly string[],
  { contexts, restart }: Pick<OpenMirror, "contexts"> & { readonly restart: boolean },
): DataSource["pulls"] {
  const asked = { ...pulls };
  for (const table of tables) asked[table] = restart ? (asked[table] ?? 0) + 1 : (asked[table] ?? 1);
  for (const table of tables) {
    for (let { parent = null } = contexts.get(table) ?? {}; parent !== null; parent = parent.parent) {
      asked[parent.stream.name] ??= 1;
    }
  }
  return asked;
}

/** Of the runs that wait for the same tables one is running; those of other tables wait beside it. */
export function pullSlot(tables: readonly string[]): string {
  return `pull:${hash("sha256", tables.join(" "), "hex").slice(0, 16)}`;
}

/** The first of the tables whose first pull, or a restart that has not begun, is still to come to its end; null when there is none. */
export function pullUnderWay(
  tables: readonly string[],
  { facts, pulls }: Pick<DataSource, "pulls"> & { readonly facts: readonly TableFacts[] },
): string | null {
  const underWay = facts.find(({ stream: { name }, progress: { pull, completedMs, problem } }) => {
    const asked = pulls[name] ?? 0;
    if (!tables.includes(name) || asked === 0 || problem !== null) return false;
    return pull === null || pull.asked < asked || (pull.state === "running" && completedMs === null);
  });
  return underWay?.stream.name ?? null;
}

/** Waits until the listing of every table is complete or incomplete; what was spent is the run's result. */
export async function waitForPulls(
  current: () => OpenMirror | null,
  { tables, signal }: { readonly tables: readonly string[]; readonly signal: AbortSignal },
): Promise<JsonValue> {
  for (;;) {
    const open = current();
    const facts = (await open?.mirror.facts()) ?? [];
    const wanted = facts.filter(({ stream }) => tables.includes(stream.name));
    // A table that is no longer kept is waited for no longer.
    if (open !== null && wanted.every(({ progress, asked }) => isEnded(progress, asked))) {
      return { tables: tables.map((name) => toResult(name, wanted)) };
    }
    await sleep(POLL_MS, signal);
  }
}

function toResult(name: string, facts: readonly TableFacts[]): JsonValue {
  const pull = facts.find(({ stream }) => stream.name === name)?.progress.pull ?? null;
  if (pull === null)
    return { name, state: "disabled", rows: 0, calls: 0, credits: 0, message: "It is no longer kept." };
  const { state, rows, calls, credits, message } = pull;
  return { name, state, rows, calls, credits, message };
}

function isEnded({ pull }: Progress, asked: number): boolean {
  return pull !== null && pull.asked >= asked && pull.state !== "running";
}
