import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { freePort } from "../scripts/pair/free-port.ts";
import { serviceProgram } from "../scripts/pair/programs.ts";
import { waitUntilReady } from "../scripts/pair/ready.ts";
import { startServer } from "../scripts/servers/child.ts";

/** A service that runs as it does for a user. */
export interface Service {
  /** Its private port. */
  readonly origin: string;
  readonly stop: () => Promise<void>;
}

/** Where the services keep what they know. */
export interface Places {
  readonly dir: string;
  readonly redisUrl: string;
}

/** Ingest, with its public port. It is ready once sources are published, by sync or whoever stands in for it. */
export async function startIngest({ dir, redisUrl }: Places, publicPort: number): Promise<Service> {
  const opsPort = await freePort();
  return start("ingest", opsPort, {
    REDIS_URL: redisUrl,
    SPOOL_DIR: join(dir, "spool"),
    INGEST_PORT: String(publicPort),
    INGEST_OPS_PORT: String(opsPort),
    // Nobody empties the queue while ingest is measured alone.
    QUEUE_LIMIT_BYTES: String(16 * 2 ** 30),
  });
}

/** Sync, with the token of its admin API. Reconcile and its like rest while it is measured. */
export async function startSync(
  { dir, redisUrl }: Places,
  settings: { readonly SINK_URL: string; readonly PUBLIC_URL: string },
): Promise<Service & { readonly adminToken: string }> {
  const port = await freePort();
  const adminToken = randomBytes(24).toString("hex");
  const service = await start("sync", port, {
    REDIS_URL: redisUrl,
    DATA_DIR: dir,
    SYNC_PORT: String(port),
    SECRET_KEY: randomBytes(32).toString("base64"),
    ADMIN_TOKEN: adminToken,
    ALLOW_CUSTOM_ENDPOINTS: "true",
    RECONCILE_SECONDS: "86400",
    COMPARE_SECONDS: "86400",
    ...settings,
  });
  return { ...service, adminToken };
}

async function start(name: "ingest" | "sync", port: number, settings: Record<string, string>): Promise<Service> {
  const { command, env } = serviceProgram(name, { env: { PATH: process.env["PATH"], ...settings }, logFile: null });
  const { stop } = await startServer({ command, env, ready: name === "ingest" ? "takes deliveries" : "sync answers" });
  const origin = `http://127.0.0.1:${port}`;
  await waitUntilReady([origin], { running: [], signal: new AbortController().signal });
  return { origin, stop };
}
