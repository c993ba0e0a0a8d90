import { copyFileSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { Redis } from "ioredis";
import pg from "pg";
import { tableNames } from "@deskmirror/desk-emulator";
import { toError } from "@deskmirror/model";
import { SOURCE } from "../proof/cluster.ts";
import type { Cluster } from "../proof/cluster.ts";
import type { CellResult } from "./run-cell.ts";

/** The table that children are due of, and in whose row one sees what came last. */
const PARENTS = "tickets";

/**
 * Keeps what a failed cell leaves behind, before anything mends it: all logs, what was found, the status, what Redis holds as due, and every
 * row of the tables that differ beside Desk's records. Gives the folder.
 */
export async function keepEvidence(cluster: Cluster, cell: CellResult): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), "deskmirror-fault-"));
  const put = (name: string, value: unknown): void => writeFileSync(join(dir, name), toText(value));
  put("cell.json", cell);
  for (const file of cluster.logFiles()) copyFileSync(file, join(dir, basename(file)));
  put("status.json", await cluster.api.status().catch(toError));
  put("due.json", await readDue(cluster).catch(toError));
  for (const table of new Set([PARENTS, ...cell.problems.flatMap(toTable)])) {
    mkdirSync(join(dir, table));
    put(`${table}/desk.jsonl`, await Array.fromAsync(cluster.desk.records(table)));
    put(`${table}/sink.jsonl`, await readRows(cluster, table).catch((error: unknown) => [toError(error).message]));
  }
  return dir;
}

/** The table that a problem of equality names first. */
function toTable(problem: string): readonly string[] {
  const [, table] = /^(?:verify: )?([a-z_]+) /.exec(problem) ?? [];
  return (tableNames as readonly string[]).includes(table ?? "") ? [table!] : [];
}

async function readRows({ postgres: { url } }: Cluster, table: string): Promise<readonly object[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<object>(`select * from ${SOURCE}.${pg.escapeIdentifier(table)} order by id`)).rows;
  } finally {
    await client.end();
  }
}

async function readDue({ redis: { origin } }: Cluster): Promise<Readonly<Record<string, readonly string[]>>> {
  const redis = new Redis(origin);
  try {
    const keys = (await redis.keys("*:due*")).toSorted();
    const entries = keys.map(async (key) => [key, await readKey(redis, key)] as const);
    return Object.fromEntries(await Promise.all(entries));
  } finally {
    redis.disconnect();
  }
}

async function readKey(redis: Redis, key: string): Promise<readonly string[]> {
  const isSet = (await redis.type(key)) === "zset";
  return isSet ? redis.zrange(key, 0, "-1", "WITHSCORES") : [(await redis.get(key)) ?? ""];
}

function toText(value: unknown): string {
  if (value instanceof Error) return value.message;
  return Array.isArray(value)
    ? value.map((row) => `${JSON.stringify(row)}\n`).join("")
    : JSON.stringify(value, null, 2);
}
