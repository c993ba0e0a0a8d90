import { moments } from "./moments.ts";
import { postgresFaults } from "./postgres.ts";
import { redisFaults } from "./redis.ts";
import { replicaFaults } from "./replicas.ts";
import { nameOf } from "./run-cell.ts";
import type { Cell } from "./run-cell.ts";
import type { SmallDisk } from "./small-disk.ts";
import { zohoFaults } from "./zoho.ts";

/** The whole table: every fault at every moment. */
export function allCells(disk: SmallDisk): readonly Cell[] {
  const faults = [...replicaFaults, ...redisFaults, ...postgresFaults(disk), ...zohoFaults];
  return moments.flatMap((moment) => faults.map((fault) => ({ fault, moment })));
}

/** The cells that `.ci/run` runs: each dependency, each service, both moments, and what loses most. */
const short: ReadonlySet<string> = new Set([
  "one ingest killed (kill -9), under traffic and a pull",
  "one sync killed (kill -9), under traffic and a pull",
  "Redis killed (kill -9), under traffic and a pull",
  "Redis emptied (FLUSHALL), under traffic and a pull",
  "PostgreSQL killed (kill -9), under traffic and a pull",
  "PostgreSQL deadlocked, under traffic and a pull",
  "one sync frozen (SIGSTOP), idle, in a reconcile",
  "Zoho answers 500, idle, in a reconcile",
]);

/** Whether a cell is one of the short run. */
export const isShort = (cell: Cell): boolean => short.has(nameOf(cell));
