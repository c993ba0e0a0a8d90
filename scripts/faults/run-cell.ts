import { setTimeout as sleep } from "node:timers/promises";
import { toError } from "@deskmirror/model";
import type { Cluster } from "../proof/cluster.ts";
import { findDifferences, findUncovered, findUnrest, verify } from "./equality.ts";
import type { Fault } from "./fault.ts";
import { findLies, watchHealth } from "./health.ts";
import type { HealthWatch } from "./health.ts";
import type { Moment } from "./moments.ts";
import { takeResurrections } from "./resurrections.ts";

/** A fault at a moment. */
export interface Cell {
  readonly fault: Fault;
  readonly moment: Moment;
}

/** What a cell came to. */
export interface CellResult {
  readonly name: string;
  /** What does not hold; none: the cell passed. */
  readonly problems: readonly string[];
  /** By what it is known that the fault struck. */
  readonly struck: string;
  /** From the end of the fault until every row was right, ms; null when that did not come. */
  readonly equalMs: number | null;
  /** Until all was at rest as well: every table live, every event at its end, every part ready. */
  readonly restMs: number | null;
  readonly deliveries: number;
  /** Deliveries that were not answered 200; gaps cover them. */
  readonly refused: number;
  readonly tookMs: number;
}

/** Several rounds of reconcile and of comparing, as they are set here; a pull at a limit that 429 lowered takes a minute. */
const HEALED_WITHIN_MS = 120_000;

/** The name by which `--only` finds a cell. */
export const nameOf = ({ fault, moment }: Cell): string => `${fault.name}, ${moment.name}`;

/** Runs a cell on a cluster that is at rest, and leaves it at rest unless the cell fails; what it throws is a problem of the cell. */
export async function runCell(cluster: Cluster, cell: Cell): Promise<CellResult> {
  const beganMs = performance.now();
  try {
    return await tryCell(cluster, cell);
  } catch (error) {
    const nothing = { struck: "", equalMs: null, restMs: null, deliveries: 0, refused: 0 };
    const tookMs = performance.now() - beganMs;
    return { ...nothing, name: nameOf(cell), problems: toProblem(error), tookMs };
  }
}

async function tryCell(cluster: Cluster, cell: Cell): Promise<CellResult> {
  const { fault, moment } = cell;
  const { balancer, postgres, api } = cluster;
  const beganMs = performance.now();
  balancer.reset();
  const watch = watchHealth(cluster);
  let looks: Awaited<ReturnType<HealthWatch["stop"]>> = [];
  const problems: string[] = [];
  let [struckMs, endedMs, struck] = [0, 0, ""];
  let healed: Healed = { equalMs: null, restMs: null, problems: [] };
  try {
    await moment.begin(cluster, fault);
    struckMs = performance.now();
    const end = await fault.strike(cluster);
    await sleep(fault.holdMs);
    endedMs = performance.now();
    struck = await end();
    await moment.end(cluster);
    healed = await waitUntilHealed(cluster, watch, endedMs);
  } finally {
    looks = await watch.stop();
  }
  problems.push(...healed.problems, ...findLies(looks, { fault, struckMs, endedMs }));
  if (healed.restMs !== null) problems.push(...(await verify(cluster)));
  problems.push(...(await takeResurrections(postgres.url)));
  const { deliveries, failedAtMs } = balancer.answers();
  problems.push(...findUncovered(failedAtMs, await api.status()));
  const { equalMs, restMs } = healed;
  const tookMs = performance.now() - beganMs;
  return { name: nameOf(cell), problems, struck, equalMs, restMs, deliveries, refused: failedAtMs.length, tookMs };
}

interface Healed {
  readonly equalMs: number | null;
  readonly restMs: number | null;
  readonly problems: readonly string[];
}

/** Asks nobody to do anything: what heals must heal by itself. */
async function waitUntilHealed(cluster: Cluster, watch: HealthWatch, endedMs: number): Promise<Healed> {
  let equalMs: number | null = null;
  for (;;) {
    const differences = await findDifferences(cluster).catch(toProblem);
    if (differences.length > 0) equalMs = null;
    else equalMs ??= performance.now() - endedMs;
    const unrest = await cluster.api.status().then(findUnrest, toProblem);
    const unready = watch.allReady() ? [] : ["not every part is ready"];
    const problems = [...differences, ...unrest, ...unready];
    const sinceMs = performance.now() - endedMs;
    if (problems.length === 0) return { equalMs, restMs: sinceMs, problems };
    if (sinceMs > HEALED_WITHIN_MS) return { equalMs, restMs: null, problems };
    await sleep(500);
  }
}

function toProblem(error: unknown): readonly string[] {
  return [toError(error).message];
}
