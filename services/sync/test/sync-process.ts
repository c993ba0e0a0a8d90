import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "@deskmirror/testing";
import { startService } from "./service-process.ts";
import type { ServiceProcess } from "./service-process.ts";

/** A sync that runs as a process of its own, ready or not. */
export interface SyncProcess extends ServiceProcess {
  readonly port: number;
  /** Status and body; status 0 while nothing listens. */
  get(path: string): Promise<{ readonly status: number; readonly body: unknown }>;
  /** Waits until a path answers with the status; gives its body. */
  until(path: string, status: number): Promise<unknown>;
}

/** Starts sync with an environment of its own, in a new DATA_DIR, and hands it to `use`. */
export async function withSync(
  env: Readonly<Record<string, string>>,
  use: (sync: SyncProcess) => Promise<void>,
): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), "deskmirror-sync-"));
  const port = Number(env["SYNC_PORT"] ?? (await freePort()));
  const service = startService("sync", { DATA_DIR: dir, SYNC_PORT: String(port), ...env });

  const sync: SyncProcess = {
    ...service,
    port,
    async get(path) {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`).catch(() => null);
      return answer === null ? { status: 0, body: null } : { status: answer.status, body: await answer.json() };
    },
    async until(path, status) {
      for (const endMs = performance.now() + 20_000; performance.now() < endMs; await sleep(50)) {
        const answer = await sync.get(path);
        if (answer.status === status) return answer.body;
      }
      throw new Error(`${path} did not answer ${status}: ${sync.output()}`);
    },
  };
  try {
    await use(sync);
  } finally {
    await sync.end("SIGKILL");
    await rm(dir, { recursive: true, force: true });
  }
}
