import { setTimeout as sleep } from "node:timers/promises";
import type { Cluster } from "../proof/cluster.ts";
import type { Fault } from "./fault.ts";

/** What one process said of itself at one time. */
export interface Look {
  readonly service: "ingest" | "sync";
  readonly replica: number;
  readonly beganMs: number;
  readonly endedMs: number;
  /** Whether `/healthz` and `/readyz` were green; null: no answer. */
  readonly healthz: boolean | null;
  readonly readyz: boolean | null;
  readonly said: string;
}

/** Looks at the health of all services until it is stopped. */
export interface HealthWatch {
  /** Whether each was ready when last looked at. */
  allReady(): boolean;
  /** Resolves when each was looked at, from a time on (ms of `performance.now`). */
  lookedSince(ms: number): Promise<void>;
  stop(): Promise<readonly Look[]>;
}

const EVERY_MS = 300;
const PATIENCE_MS = 3_000;
/** How long health may lag behind the truth, either way. */
export const LAG_MS = 3_000;

/** Begins to look, at each replica for itself. */
export function watchHealth({ ingests, syncs }: Cluster): HealthWatch {
  const stopping = new AbortController();
  const looks: Look[] = [];
  const latest = new Map<string, Look>();

  async function watch(service: Look["service"], replica: number, origin: string): Promise<void> {
    while (!stopping.signal.aborted) {
      const beganMs = performance.now();
      const [healthz, readyz] = await Promise.all([ask(`${origin}/healthz`), ask(`${origin}/readyz`)]);
      const said = `${healthz.said} ${readyz.said}`;
      const answers = { healthz: healthz.isGreen, readyz: readyz.isGreen };
      const look = { service, replica, beganMs, endedMs: performance.now(), ...answers, said };
      looks.push(look);
      latest.set(origin, look);
      await sleep(EVERY_MS);
    }
  }

  const watching = Promise.all([
    ...ingests.map(({ origin }, replica) => watch("ingest", replica, origin)),
    ...syncs.map(({ origin }, replica) => watch("sync", replica, origin)),
  ]);
  return {
    allReady: () => latest.values().every(({ healthz, readyz }) => healthz === true && readyz === true),
    async lookedSince(ms) {
      while (latest.values().some(({ beganMs }) => beganMs < ms)) await sleep(EVERY_MS / 3);
    },
    async stop() {
      stopping.abort();
      await watching;
      return looks;
    },
  };
}

async function ask(url: string): Promise<{ readonly isGreen: boolean | null; readonly said: string }> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) });
    return { isGreen: answer.ok, said: await answer.text() };
  } catch (error) {
    return { isGreen: null, said: error instanceof Error ? error.message : String(error) };
  }
}

/** When a fault began, was in force, and ended (ms of `performance.now`). */
export interface FaultTimes {
  readonly struckMs: number;
  readonly inForceMs: number;
  readonly endedMs: number;
}

/**
 * What health said that was not true. Of a replica that was not struck itself: `/healthz` without an answer of 200 within 3 s; `/readyz` not
 * green for 3 s on end where nothing was missing, or not 503 where something had been missing for 3 s. Of the struck one: that it was ready.
 */
export function findLies(looks: readonly Look[], fault: Fault, times: FaultTimes): readonly string[] {
  const replicas = Map.groupBy(looks, ({ service, replica }) => `${service} ${replica}`);
  return [...replicas.entries()].flatMap(([name, its]) => {
    const { service, replica } = its[0]!;
    const noticed = its.filter(
      ({ beganMs, endedMs }) => beganMs >= times.inForceMs + LAG_MS && endedMs <= times.endedMs,
    );
    const tell = (problem: string, look: Look | undefined): readonly string[] =>
      look === undefined
        ? []
        : [`${name} ${problem} ${Math.round(look.beganMs - times.struckMs)} ms after it struck: ${look.said}`];
    if (fault.replica === service && replica === 0) {
      return tell("said while it was struck that it was ready,", noticed.find(isReady));
    }
    const dead = tell(
      "was not alive",
      its.find(({ healthz }) => healthz !== true),
    );
    const wanted = fault.readiness[service];
    if (wanted === "either") return dead;
    if (wanted === "green") return [...dead, ...tell("was not ready for 3 s", findRedSpell(its))];
    if (noticed.length === 0) return [...dead, `${name} was not looked at while the fault lasted`];
    return [
      ...dead,
      ...tell(
        "did not say that it was not ready",
        noticed.find(({ readyz }) => readyz !== false),
      ),
    ];
  });
}

const isReady = ({ readyz }: Look): boolean => readyz === true;

/** The first look of the first time on end, as long as health may lag, in which no look was green. */
function findRedSpell(looks: readonly Look[]): Look | undefined {
  return looks.find((first, index) => {
    const next = looks.findIndex((look, later) => later >= index && isReady(look));
    const last = looks.at(next === -1 ? -1 : next - 1)!;
    return !isReady(first) && last.endedMs - first.beganMs >= LAG_MS;
  });
}

/** From a time on until all were ready for good, in ms; null when that did not come. */
export function readyAfterMs(looks: readonly Look[], sinceMs: number): number | null {
  const replicas = Map.groupBy(looks, ({ service, replica }) => `${service} ${replica}`);
  const ready = [...replicas.values()].map((its) => {
    const last = its.findLastIndex((look) => look.healthz !== true || !isReady(look));
    return its[last + 1]?.endedMs ?? null;
  });
  return ready.includes(null) ? null : Math.max(0, ...ready.map((ms) => ms! - sinceMs));
}
