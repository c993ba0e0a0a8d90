import { setTimeout as sleep } from "node:timers/promises";
import { toError } from "@deskmirror/model";
import type { Cluster } from "../proof/cluster.ts";
import { findDifferences, findFailings, findUncovered, findUnrest, findUnstored, verify } from "./equality.ts";
import type { Fault } from "./fault.ts";
import { LAG_MS, findLies, readyAfterMs, watchHealth } from "./health.ts";
import type { FaultTimes, HealthWatch, Look } from "./health.ts";
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
  /** When it struck, by the clock of the logs; null when it did not. */
  readonly struckAt: Date | null;
  /** From the end of the fault until every row was right, ms; null when that did not come. */
  readonly equalMs: number | null;
  /** Until all was at rest as well: every table live, every event at its end, every part ready. */
  readonly restMs: number | null;
  /** Until every part was ready for good. */
  readonly readyMs: number | null;
  readonly deliveries: number;
  /** Deliveries that were not answered 200; gaps cover them. */
  readonly refused: number;
  /** How long a sender waited at most. */
  readonly slowestMs: number;
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
    const nothing = {
      struck: "",
      struckAt: null,
      equalMs: null,
      restMs: null,
      readyMs: null,
      deliveries: 0,
      refused: 0,
      slowestMs: 0,
    };
    const tookMs = performance.now() - beganMs;
    return { ...nothing, name: nameOf(cell), problems: toProblem(error), tookMs };
  }
}

async function tryCell(cluster: Cluster, cell: Cell): Promise<CellResult> {
  const { fault } = cell;
  const { balancer, postgres, api } = cluster;
  const beganMs = performance.now();
  const { accepted: acceptedBefore } = (await api.status()).ledger;
  balancer.reset();
  const watch = watchHealth(cluster);
  let looks: readonly Look[] = [];
  let befallen: Befallen;
  let healed: Healed;
  try {
    befallen = await befall(cluster, cell, watch);
    healed = await waitUntilHealed(cluster, watch, befallen);
  } finally {
    looks = await watch.stop();
  }
  const { times, struck, struckAt } = befallen;
  const { equalMs, restMs } = healed;
  const unlike = restMs === null ? [] : await verify(cluster);
  const { deliveries, failedAtMs, slowestMs } = balancer.answers();
  const status = await api.status();
  const refused = failedAtMs.length;
  const problems = [
    ...healed.problems,
    ...findLies(looks, fault, times),
    ...unlike,
    ...(await takeResurrections(postgres.url)),
    ...findUncovered(failedAtMs, status),
    ...(fault.replica === "ingest" ? [] : findFailings({ refused, slowestMs })),
    ...(fault.emptiesLedger ? [] : findUnstored(deliveries - refused, status.ledger.accepted - acceptedBefore)),
  ];
  const readyMs = readyAfterMs(looks, times.endedMs);
  const tookMs = performance.now() - beganMs;
  return {
    name: nameOf(cell),
    problems,
    struck,
    struckAt,
    equalMs,
    restMs,
    readyMs,
    deliveries,
    refused,
    slowestMs,
    tookMs,
  };
}

interface Befallen extends Pick<CellResult, "struck" | "struckAt"> {
  readonly endedAt: Date;
  readonly times: FaultTimes;
}

/** Lets the fault befall the cluster in the midst of what goes on at that moment. */
async function befall(cluster: Cluster, { fault, moment }: Cell, watch: HealthWatch): Promise<Befallen> {
  const goesOn = await moment.begin(cluster, fault);
  try {
    if (!(await goesOn())) throw new Error(`nothing was ${moment.name} any more when the fault was to strike`);
    const [struckAt, struckMs] = [new Date(), performance.now()];
    const end = await fault.strike(cluster);
    const inForceMs = performance.now();
    await sleep(fault.holdMs);
    // Whoever is slow to look has not seen yet what health says once it must have noticed.
    if (fault.holdMs > LAG_MS) await watch.lookedSince(inForceMs + LAG_MS);
    const [endedAt, endedMs] = [new Date(), performance.now()];
    const struck = await end();
    return { struck, struckAt, endedAt, times: { struckMs, inForceMs, endedMs } };
  } finally {
    await moment.end(cluster);
  }
}

interface Healed {
  readonly equalMs: number | null;
  readonly restMs: number | null;
  readonly problems: readonly string[];
}

/** Asks nobody to do anything: what heals must heal by itself. */
async function waitUntilHealed(
  cluster: Cluster,
  watch: HealthWatch,
  { endedAt, times: { endedMs } }: Befallen,
): Promise<Healed> {
  let equalMs: number | null = null;
  for (;;) {
    const differences = await findDifferences(cluster).catch(toProblem);
    if (differences.length > 0) equalMs = null;
    else equalMs ??= performance.now() - endedMs;
    const unrest = await cluster.api.status().then((status) => findUnrest(status, endedAt), toProblem);
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
