import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sleep } from "@deskmirror/runtime";

/** An ingest that runs as a process of its own. */
export interface IngestProcess {
  readonly url: string;
  readonly opsUrl: string;
  readonly spoolDir: string;
  /** All it wrote. */
  output(): string;
  ready(): Promise<{ readonly status: number; readonly checks: Record<string, { ok: boolean; message: string }> }>;
  /** Sends a signal; gives the exit code (null after SIGKILL). */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** How an ingest is to be started. */
export interface StartOptions {
  readonly redisUrl: string;
  readonly spoolDir: string;
  readonly env?: Readonly<Record<string, string>>;
  /** No file may grow beyond it: a disk that is full. */
  readonly fileLimitBytes?: number;
}

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const BLOCK_BYTES = 512;

/** Environment for an ingest on free ports. */
function environment({ redisUrl, spoolDir, env }: StartOptions) {
  return {
    PATH: process.env["PATH"],
    REDIS_URL: redisUrl,
    SPOOL_DIR: spoolDir,
    INGEST_PORT: "0",
    INGEST_OPS_PORT: "0",
    ...env,
  };
}

function spawnIngest(options: StartOptions) {
  const env = environment(options);
  if (options.fileLimitBytes === undefined) return spawn(process.execPath, [main], { env });
  const script = `ulimit -f ${Math.floor(options.fileLimitBytes / BLOCK_BYTES)} && exec "$0" "$1"`;
  return spawn("sh", ["-c", script, process.execPath, main], { env });
}

/** Runs an ingest that is expected to refuse its environment. */
export async function runToEnd(
  options: StartOptions,
): Promise<{ readonly code: number | null; readonly stderr: string }> {
  const child = spawnIngest(options);
  let stderr = "";
  child.stderr.on("data", (chunk) => (stderr += chunk));
  child.stdout.resume();
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stderr };
}

/** Starts an ingest and waits until it listens. */
export async function startIngest(options: StartOptions): Promise<IngestProcess> {
  const child = spawnIngest(options);
  const ended = once(child, "close") as Promise<[number | null]>;
  let output = "";
  child.stderr.on("data", (chunk) => (output += chunk));
  const ports = await new Promise<{ port: number; opsPort: number }>((resolve, reject) => {
    child.stdout.on("data", (chunk) => {
      output += chunk;
      const line = /^.*"ingest takes deliveries".*$/m.exec(output);
      if (line !== null) resolve(JSON.parse(line[0]));
    });
    child.once("close", () => reject(new Error(`ingest did not start: ${output}`)));
  });
  const opsUrl = `http://127.0.0.1:${ports.opsPort}`;
  return {
    url: `http://127.0.0.1:${ports.port}`,
    opsUrl,
    spoolDir: options.spoolDir,
    output: () => output,
    async ready() {
      const res = await fetch(`${opsUrl}/readyz`);
      return {
        status: res.status,
        ...((await res.json()) as { checks: Record<string, { ok: boolean; message: string }> }),
      };
    },
    async end(signal) {
      child.kill(signal);
      const [code] = await ended;
      return code;
    },
  };
}

/** A folder of its own for a test, and what removes it. */
export async function newSpoolDir(): Promise<{ readonly dir: string; readonly remove: () => Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), "deskmirror-ingest-"));
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) };
}

/** Waits until something holds; fails after a while with what was waited for. */
export async function until(what: string, holds: () => Promise<boolean> | boolean, timeoutMs = 15_000): Promise<void> {
  for (const endMs = performance.now() + timeoutMs; !(await holds()); await sleep(25)) {
    if (performance.now() > endMs) throw new Error(`waited in vain until ${what}`);
  }
}
