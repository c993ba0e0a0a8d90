import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "@deskmirror/testing";

/** A sync that runs as a process of its own, ready or not. */
export interface SyncProcess {
  readonly port: number;
  /** All it wrote. */
  output(): string;
  /** Status and body; status 0 while nothing listens. */
  get(path: string): Promise<{ readonly status: number; readonly body: unknown }>;
  /** Waits until a path answers with the status; gives its body. */
  until(path: string, status: number): Promise<unknown>;
  /** Sends a signal when one is given, and waits for the end; gives the exit code. */
  end(signal?: NodeJS.Signals): Promise<number | null>;
}

export const ADMIN_TOKEN = "0f3c9a7be1d24586a0b1c2d3e4f5";
const root = join(import.meta.dirname, "../../..");

/** Starts sync with an environment of its own, in a new DATA_DIR, and hands it to `use`. */
export async function withSync(
  env: Readonly<Record<string, string>>,
  use: (sync: SyncProcess) => Promise<void>,
): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), "deskmirror-sync-"));
  const port = Number(env["SYNC_PORT"] ?? (await freePort()));
  const child = spawn(process.execPath, ["services/sync/src/main.ts"], {
    cwd: root,
    env: {
      PATH: process.env["PATH"],
      DATA_DIR: dir,
      SECRET_KEY: Buffer.alloc(32, 7).toString("base64"),
      ADMIN_TOKEN,
      SYNC_PORT: String(port),
      ...env,
    },
  });
  const ended = once(child, "close") as Promise<[number | null]>;
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));

  const sync: SyncProcess = {
    port,
    output: () => output,
    async get(path) {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`).catch(() => null);
      return answer === null ? { status: 0, body: null } : { status: answer.status, body: await answer.json() };
    },
    async until(path, status) {
      for (const endMs = performance.now() + 20_000; performance.now() < endMs; await sleep(50)) {
        const answer = await sync.get(path);
        if (answer.status === status) return answer.body;
      }
      throw new Error(`${path} did not answer ${status}: ${output}`);
    },
    async end(signal) {
      if (signal !== undefined) child.kill(signal);
      return (await ended)[0];
    },
  };
  try {
    await use(sync);
  } finally {
    child.kill("SIGKILL");
    await ended;
    await rm(dir, { recursive: true, force: true });
  }
}
