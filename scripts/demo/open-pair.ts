import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../pair/free-port.ts";
import { redisProgram, serviceProgram } from "../pair/programs.ts";
import { waitUntilReady } from "../pair/ready.ts";
import { startProgram } from "../pair/running.ts";
import type { Running } from "../pair/running.ts";

/** The pair of the demo, running and ready. */
export interface Pair {
  readonly adminToken: string;
  /** Origins of the public port of ingest and of the private one of sync. */
  readonly ingest: string;
  readonly sync: string;
  readonly database: string;
}

/** Starts Redis (unless one is given or `REDIS_URL` names one), ingest and sync on free ports with a new database; what runs is added to `running`. */
export async function openPair(options: {
  readonly dir: string;
  readonly running: Running[];
  readonly signal: AbortSignal;
  readonly redisUrl?: string;
}): Promise<Pair> {
  const { dir, running, signal } = options;
  rmSync(dir, { recursive: true, force: true });
  const redisUrl = options.redisUrl || process.env["REDIS_URL"] || (await openRedis(join(dir, "redis"), running));
  const [ingestPort, opsPort, syncPort] = [await freePort(), await freePort(), await freePort()];
  const adminToken = randomBytes(24).toString("hex");
  const database = join(dir, "desk.db");
  // Nothing else of this machine's environment may decide what the demo does.
  const env = {
    PATH: process.env["PATH"],
    HOME: process.env["HOME"],
    REDIS_URL: redisUrl,
    DATA_DIR: dir,
    SPOOL_DIR: join(dir, "spool"),
    SINK_URL: `sqlite:${database}`,
    SECRET_KEY: randomBytes(32).toString("base64"),
    ADMIN_TOKEN: adminToken,
    PUBLIC_URL: `http://127.0.0.1:${ingestPort}`,
    INGEST_PORT: String(ingestPort),
    INGEST_OPS_PORT: String(opsPort),
    SYNC_PORT: String(syncPort),
    ALLOW_CUSTOM_ENDPOINTS: "true",
  };
  for (const name of ["ingest", "sync"] as const) {
    running.push(startProgram(serviceProgram(name, { env, logFile: join(dir, `${name}.log`) })));
  }
  const sync = `http://127.0.0.1:${syncPort}`;
  await waitUntilReady([`http://127.0.0.1:${opsPort}`, sync], { running, signal });
  return { adminToken, ingest: env.PUBLIC_URL, sync, database };
}

async function openRedis(dir: string, running: Running[]): Promise<string> {
  const port = await freePort();
  running.push(startProgram(redisProgram({ server: process.env["REDIS_SERVER"] || "redis-server", dir, port })));
  return `redis://127.0.0.1:${port}`;
}
