import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";

/** A program to run beside this one. */
export interface Program {
  readonly name: string;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where its output goes; null: to this terminal. */
  readonly logFile: string | null;
}

/** A Redis that keeps what it was told, even through a loss of power; `dir` holds its data and its log. */
export function redisProgram(options: {
  readonly server: string;
  readonly dir: string;
  readonly port: number;
}): Program {
  const { server, dir, port } = options;
  mkdirSync(dir, { recursive: true });
  const settings = {
    port: String(port),
    bind: "127.0.0.1",
    dir,
    appendonly: "yes",
    appendfsync: "always",
    "maxmemory-policy": "noeviction",
    save: "",
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  return { name: "Redis", command: [server, ...args], env: process.env, logFile: join(dir, "redis.log") };
}

/** One of the two services, run by the Node that runs this. */
export function serviceProgram(name: "ingest" | "sync", { env, logFile }: Pick<Program, "env" | "logFile">): Program {
  if (logFile !== null) mkdirSync(dirname(logFile), { recursive: true });
  return { name, command: [process.execPath, `services/${name}/src/main.ts`], env, logFile };
}
