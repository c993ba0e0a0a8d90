import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

/** A service that runs as a process of its own. */
export interface ServiceProcess {
  /** All it wrote. */
  output(): string;
  /** Sends a signal when one is given, and waits for the end; gives the exit code. */
  end(signal?: NodeJS.Signals): Promise<number | null>;
}

/** The ADMIN_TOKEN of every sync that tests start. */
export const ADMIN_TOKEN = "0f3c9a7be1d24586a0b1c2d3e4f5";

const root = join(import.meta.dirname, "../../..");

/** Starts a service as `npm start` does, with an environment of its own. */
export function startService(service: "ingest" | "sync", env: Readonly<Record<string, string>>): ServiceProcess {
  const child = spawn(process.execPath, [`services/${service}/src/main.ts`], {
    cwd: root,
    env: { PATH: process.env["PATH"], SECRET_KEY: Buffer.alloc(32, 7).toString("base64"), ADMIN_TOKEN, ...env },
  });
  const ended = once(child, "close") as Promise<[number | null]>;
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  return {
    output: () => output,
    async end(signal) {
      if (signal !== undefined) child.kill(signal);
      return (await ended)[0];
    },
  };
}
