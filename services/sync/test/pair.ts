import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createDeskEmulator } from "@deskmirror/desk-emulator";
import type { DeskEmulator, DeskEmulatorOptions } from "@deskmirror/desk-emulator";
import { freePort, startRedis } from "@deskmirror/testing";
import { assertDescribed } from "./support/described.ts";

/** The real pair as processes, with a Redis, a SQLite sink and an emulated Desk. */
export interface Pair {
  readonly desk: DeskEmulator;
  /** The SQLite file that is the sink. */
  readonly sinkFile: string;
  /** Calls the admin API; gives status and body, which must be as the API's description says. */
  call(method: string, path: string, body?: unknown): Promise<{ readonly status: number; readonly body: unknown }>;
  /** Starts a run and gives its result when it is done. */
  run(path: string, body?: unknown): Promise<unknown>;
  restartSync(signal: NodeJS.Signals): Promise<void>;
  stop(): Promise<void>;
}

const ADMIN_TOKEN = "0f3c9a7be1d24586a0b1c2d3e4f5";
const root = join(import.meta.dirname, "../../..");

export async function startPair(options: DeskEmulatorOptions): Promise<Pair> {
  const dir = await mkdtemp(join(tmpdir(), "deskmirror-pair-"));
  const sinkFile = join(dir, "desk.db");
  const redis = await startRedis(["--maxmemory-policy", "noeviction"]);
  const desk = await createDeskEmulator(options);
  const [ingestPort, opsPort, syncPort] = [await freePort(), await freePort(), await freePort()];
  const env = {
    ...process.env,
    REDIS_URL: redis.url,
    DATA_DIR: dir,
    SPOOL_DIR: join(dir, "spool"),
    SINK_URL: `sqlite:${sinkFile}`,
    SECRET_KEY: Buffer.alloc(32, 7).toString("base64"),
    ADMIN_TOKEN,
    ALLOW_CUSTOM_ENDPOINTS: "true",
    PUBLIC_URL: `http://127.0.0.1:${ingestPort}`,
    INGEST_PORT: String(ingestPort),
    INGEST_OPS_PORT: String(opsPort),
    SYNC_PORT: String(syncPort),
    LOG_LEVEL: "warn",
  };
  const start = (service: string) =>
    spawn(process.execPath, [`services/${service}/src/main.ts`], {
      cwd: root,
      env,
      stdio: ["ignore", "ignore", "inherit"],
    });
  const ingest = start("ingest");
  let sync = start("sync");
  const origin = `http://127.0.0.1:${syncPort}`;
  await ready(`http://127.0.0.1:${opsPort}`);
  await ready(origin);

  const pair: Pair = {
    desk,
    sinkFile,
    async call(method, path, body) {
      const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "application/json" };
      const answer = await fetch(`${origin}/api${path}`, {
        method,
        headers,
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const said = { status: answer.status, body: await answer.json() };
      assertDescribed({ method, path: `/api${path.replace(/\?.*$/, "")}`, ...said });
      return said;
    },
    async run(path, body) {
      const started = await pair.call("POST", `${path}?wait=60`, body);
      const run = started.body as { readonly state?: string; readonly result?: unknown };
      if (run.state !== "done") throw new Error(JSON.stringify(started));
      return run.result;
    },
    async restartSync(signal) {
      sync.kill(signal);
      await once(sync, "exit");
      sync = start("sync");
      await ready(origin);
    },
    async stop() {
      for (const child of [ingest, sync]) {
        child.kill("SIGKILL");
        if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
      }
      await desk.close();
      await redis.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
  return pair;
}

async function ready(origin: string): Promise<void> {
  for (let attempt = 0; attempt < 150; attempt++) {
    const answer = await fetch(`${origin}/readyz`).catch(() => null);
    if (answer?.ok === true) return;
    await sleep(200);
  }
  throw new Error(`${origin} did not get ready within 30 s`);
}
