import { execFile } from "node:child_process";
import { chown, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { startServer } from "./child.ts";
import type { Child } from "./child.ts";
import { freePort } from "../pair/free-port.ts";
import { findPostgres } from "./postgres-programs.ts";

/** A PostgreSQL server of our own. */
export interface PostgresServer {
  readonly url: string;
  readonly stop: Child["stop"];
}

const password = "postgres";
/** PostgreSQL refuses to run as root; then it runs as the user that owns nothing. */
const nobody = 65_534;
const isRoot = process.getuid?.() === 0;

/** A PostgreSQL server of our own that can be ended and started again, with its data and under the same address. */
export interface PreparedPostgres {
  readonly url: string;
  /** Resolves when it takes connections; `onOutput` is given each piece of its log. */
  readonly start: (onOutput?: (text: string) => void) => Promise<Child>;
}

/** Starts the embedded PostgreSQL as `preparePostgresServer` makes it. */
export async function startPostgresServer(dir: string, settings: readonly string[] = []): Promise<PostgresServer> {
  const { url, start } = await preparePostgresServer(dir, settings);
  const child = await start();
  return { url, stop: (signal = "SIGINT") => child.stop(signal) };
}

/**
 * Makes an embedded PostgreSQL for a free port, its data in `dir`, an empty folder that any user may reach. `settings` are
 * PostgreSQL's own, `name=value`. The order of its texts is not that of their bytes, as on most servers.
 */
export async function preparePostgresServer(dir: string, settings: readonly string[]): Promise<PreparedPostgres> {
  const { initdb, postgres } = await findPostgres();
  const data = join(dir, "data");
  const passwordFile = join(dir, "password");
  await mkdir(data);
  await writeFile(passwordFile, password);
  if (isRoot) for (const path of [dir, data, passwordFile]) await chown(path, nobody, nobody);
  const runAs = { cwd: dir, ...(isRoot ? { uid: nobody, gid: nobody } : {}) };
  const access = ["--username=postgres", "--auth=scram-sha-256", `--pwfile=${passwordFile}`];
  const texts = ["--encoding=UTF8", "--locale-provider=icu", "--icu-locale=en-US", "--locale=C"];
  await promisify(execFile)(initdb, [`--pgdata=${data}`, "--no-sync", ...access, ...texts], runAs);
  const port = await freePort();
  const place = ["-D", data, "-p", String(port), "-h", "127.0.0.1", "-k", ""];
  return {
    url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
    start: (onOutput = () => {}) =>
      startServer({
        ...runAs,
        onOutput,
        command: [postgres, ...place, ...settings.flatMap((setting) => ["-c", setting])],
        ready: "database system is ready to accept connections",
      }),
  };
}
