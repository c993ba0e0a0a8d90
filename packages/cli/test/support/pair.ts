import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createDeskEmulator } from "@deskmirror/desk-emulator";
import type { DeskEmulator, DeskEmulatorOptions } from "@deskmirror/desk-emulator";
import { startRedis } from "@deskmirror/testing";
import { openPair } from "../../../../scripts/demo/open-pair.ts";
import type { Running } from "../../../../scripts/pair/running.ts";
import { runCli } from "./run-cli.ts";
import type { Place, Ran } from "./run-cli.ts";

/** The real pair with an emulated Desk, and the command line on it. */
export interface Stage {
  readonly desk: DeskEmulator;
  /** What the settings of the command line are. */
  readonly env: Readonly<Record<string, string>>;
  readonly ingest: string;
  readonly database: string;
  /** A folder of its own. */
  readonly folder: string;
  /** Runs a command, words separated by spaces; fails unless it ends with 0. */
  readonly run: (argv: string, place?: Place) => Promise<Ran>;
  /** The same, whatever it ends with. */
  readonly attempt: (argv: string, place?: Place) => Promise<Ran>;
  /** Creates a source of the emulated Desk and gives what the command says. */
  readonly add: (name: string, options?: string) => Promise<Ran>;
  readonly stop: () => Promise<void>;
}

export async function openStage(options: DeskEmulatorOptions): Promise<Stage> {
  const dir = await mkdtemp(join(tmpdir(), "deskmirror-cli-"));
  const redis = await startRedis();
  const desk = await createDeskEmulator(options);
  const running: Running[] = [];
  const stop = new AbortController();
  const pair = await openPair({ dir, running, signal: stop.signal, redisUrl: redis.url });
  const env = { DESKMIRROR_URL: pair.sync, ADMIN_TOKEN: pair.adminToken };
  const attempt: Stage["attempt"] = (argv, place) =>
    runCli(argv.split(" "), { ...place, env: { ...env, ...place?.env } });
  const run: Stage["run"] = async (argv, place) => {
    const ran = await attempt(argv, place);
    if (ran.code !== 0) throw new Error(`${argv} ended with ${ran.code}:\n${ran.out}${ran.err}`);
    return ran;
  };
  return {
    desk,
    env,
    ingest: pair.ingest,
    database: pair.database,
    folder: dir,
    run,
    attempt,
    add: (name, more = "") =>
      run(
        `source add ${name} --org-id ${desk.orgId} --client-id ${desk.clientId} --client-secret - --accounts-url ${desk.url} --desk-url ${desk.url}${more === "" ? "" : ` ${more}`}`,
        { input: desk.clientSecret, env: { DESKMIRROR_CODE: desk.generateCode() } },
      ),
    async stop() {
      stop.abort();
      for (const program of running.toReversed()) await program.stop();
      await desk.close();
      await redis.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Waits until something holds; fails after 30 s. */
export async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const endMs = performance.now() + 30_000; performance.now() < endMs; await sleep(100)) {
    if (await holds()) return;
  }
  throw new Error(`it did not come to pass within 30 s that ${what}`);
}
