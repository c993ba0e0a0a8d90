import { setTimeout as sleep } from "node:timers/promises";
import type { Cluster } from "../proof/cluster.ts";
import type { Fault, Readiness } from "./fault.ts";

/** What one process said of itself at one time. */
interface Look {
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
  stop(): Promise<readonly Look[]>;
}

const EVERY_MS = 300;
const PATIENCE_MS = 3_000;
/** By then a part must have noticed what it cannot do without. */
const NOTICED_MS = 3_000;

/** Begins to look, at each replica for itself. */
export function watchHealth({ ingests, syncs }: Cluster): HealthWatch {
  const stopping = new AbortController();
  const looks: Look[] = [];
  const latest = new Map<string, boolean>();

  async function watch(service: Look["service"], replica: number, origin: string): Promise<void> {
    while (!stopping.signal.aborted) {
      const beganMs = performance.now();
      const [healthz, readyz] = await Promise.all([ask(`${origin}/healthz`), ask(`${origin}/readyz`)]);
      const look = { service, replica, beganMs, endedMs: performance.now(), said: readyz.said };
      looks.push({ ...look, healthz: healthz.isGreen, readyz: readyz.isGreen });
      latest.set(origin, healthz.isGreen === true && readyz.isGreen === true);
      await sleep(EVERY_MS);
    }
  }

  const watching = Promise.all([
    ...ingests.map(({ origin }, replica) => watch("ingest", replica, origin)),
    ...syncs.map(({ origin }, replica) => watch("sync", replica, origin)),
  ]);
  return {
    allReady: () => latest.values().every(Boolean),
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

/** What health said that was not true: `/healthz` red for a dependency, `/readyz` green while struck or red while not. */
export function findLies(
  looks: readonly Look[],
  { fault, struckMs, endedMs }: { readonly fault: Fault; readonly struckMs: number; readonly endedMs: number },
): readonly string[] {
  const replicas = Map.groupBy(looks, ({ service, replica }) => `${service} ${replica}`);
  return [...replicas.entries()].flatMap(([name, its]) => {
    const { service, replica } = its[0]!;
    const isLast = !its.some((look) => look.replica > replica) && replica === lastOf(looks, service);
    const isStruck = fault.replica === service && isLast;
    const during = its.filter(({ beganMs, endedMs: until }) => beganMs >= struckMs && until <= endedMs);
    const noticed = during.filter(({ beganMs }) => beganMs >= struckMs + NOTICED_MS);
    if (isStruck) return noticed.some(({ readyz }) => readyz === true) ? [`${name} was ready while it was struck`] : [];
    const dead = its.find(({ healthz }) => healthz !== true);
    const lies = dead === undefined ? [] : [`${name}: /healthz was not green (${dead.said})`];
    return [...lies, ...compare(name, fault.readiness[service], { during, noticed })];
  });
}

function lastOf(looks: readonly Look[], service: Look["service"]): number {
  return Math.max(...looks.filter((look) => look.service === service).map(({ replica }) => replica));
}

function compare(
  name: string,
  wanted: Readiness,
  { during, noticed }: { readonly during: readonly Look[]; readonly noticed: readonly Look[] },
): readonly string[] {
  if (wanted === "red") {
    if (noticed.length === 0) return [`${name} was not looked at while it was struck`];
    const green = noticed.find(({ readyz }) => readyz === true);
    return green === undefined ? [] : [`${name}: /readyz was green: ${green.said}`];
  }
  if (wanted === "either") return [];
  const red = during.find(({ readyz }) => readyz !== true);
  return red === undefined ? [] : [`${name}: /readyz was not green: ${red.said}`];
}
