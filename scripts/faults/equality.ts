import { setTimeout as sleep } from "node:timers/promises";
import { tableNames } from "@deskmirror/desk-emulator";
import type { Status, Verdict } from "../pair/admin-api.ts";
import { SOURCE } from "../proof/cluster.ts";
import type { Cluster } from "../proof/cluster.ts";
import { judge } from "../proof/oracle.ts";
import type { CellResult } from "./run-cell.ts";

const SHOWN = 5;
const REPAIRING_PULLS = 3;
/** A doubt is answered once a GET is certainly younger than the row's last sight. */
const SETTLES_WITHIN_MS = 8_000;

/** What the oracle finds different in all tables: table, key and why. */
export async function findDifferences({ desk, postgres }: Cluster): Promise<readonly string[]> {
  const judgements = await judge({ desk, databaseUrl: postgres.url, schema: SOURCE, tables: tableNames });
  return judgements.flatMap(({ table, faults }) => shorten(faults.map((fault) => `${table} ${fault}`)));
}

/** What is not at rest, by status: tables that are not live, pulls that a fault met and that still run, events that did not come to their end. */
export function findUnrest({ tables, ledger }: Pick<Status, "tables" | "ledger">, endedAt: Date): readonly string[] {
  const restless = tables.filter(({ state }) => state !== "live");
  const pulling = tables.filter(({ pull }) => pull?.state === "running" && new Date(pull.startedAt) < endedAt);
  const ended = ledger.applied + ledger.superseded + ledger.filtered + ledger.deadLettered;
  const isBalanced = ledger.inFlight === 0 && ledger.unaccounted === 0 && ledger.accepted === ended;
  return [
    ...shorten(restless.map(({ name, state, message }) => `table ${name} is ${state} (${message ?? "no message"})`)),
    ...shorten(pulling.map(({ name }) => `the pull of ${name} still runs`)),
    ...(isBalanced && ledger.deadLettered === 0 ? [] : [`the ledger says ${JSON.stringify(ledger)}`]),
  ];
}

/** The oracle has compared every value already. */
const SAMPLE = 20;

/** What `verify` finds different. */
export async function verify({ api }: Cluster): Promise<readonly string[]> {
  const { tables, equal } = (await api.run("verify", { sample: SAMPLE })) as Verdict;
  const found = tables.flatMap(({ name, missing, extra, different }) =>
    missing.length + extra.length + different.length === 0
      ? []
      : [`verify: ${name} ${JSON.stringify({ missing, extra, different })}`],
  );
  return equal || found.length > 0 ? found : ["verify: not equal, since a table could not be compared"];
}

/** Deliveries that were not answered 200 and that no gap covers. */
export function findUncovered(failedAtMs: readonly number[], { gaps }: Pick<Status, "gaps">): readonly string[] {
  const isCovered = (ms: number): boolean =>
    gaps.some(({ from, to }) => Date.parse(from) <= ms && (to === null || ms <= Date.parse(to)));
  const uncovered = failedAtMs.filter((ms) => !isCovered(ms));
  if (uncovered.length === 0) return [];
  const [first, last] = [Math.min(...uncovered), Math.max(...uncovered)].map((ms) => new Date(ms).toISOString());
  return [`${uncovered.length} deliveries from ${first} to ${last} were not answered 200, and no gap says so`];
}

/** Events of deliveries that were answered 200, each with one event, and that the ledger does not know. */
export function findUnstored(answered: number, accepted: number): readonly string[] {
  return accepted >= answered ? [] : [`${answered} deliveries were answered 200, and ${accepted} events accepted`];
}

/** How long Zoho may wait for an answer, whatever is broken behind. */
const ANSWERED_WITHIN_MS = 1_000;

/** What an ingest that ran did wrong: it refused deliveries, or let a sender wait. */
export function findFailings({ refused, slowestMs }: Pick<CellResult, "refused" | "slowestMs">): readonly string[] {
  return [
    ...(refused === 0 ? [] : [`${refused} deliveries were refused by an ingest that ran`]),
    ...(slowestMs <= ANSWERED_WITHIN_MS ? [] : [`a sender waited ${Math.round(slowestMs)} ms for its answer`]),
  ];
}

/** What a person would do who was told of it: reads everything again, as often as a suspect listing must repeat. Whether that helped. */
export async function repair(cluster: Cluster): Promise<boolean> {
  // One that still runs would refuse another.
  await cluster.api.run("pull");
  for (let pulls = 0; pulls < REPAIRING_PULLS; pulls += 1) {
    await cluster.api.run("pull", { restart: true });
    await sleep(SETTLES_WITHIN_MS);
    if ((await findDifferences(cluster)).length === 0) return true;
  }
  return false;
}

function shorten(lines: readonly string[]): readonly string[] {
  return lines.length <= SHOWN ? lines : [...lines.slice(0, SHOWN), `… ${lines.length - SHOWN} more`];
}
