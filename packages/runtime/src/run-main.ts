import { ConfigError, toError } from "@deskmirror/model";
import { parseEnv } from "./env.ts";
import type { Env, Variables } from "./env.ts";
import { createLifecycle } from "./lifecycle.ts";
import type { Lifecycle } from "./lifecycle.ts";
import { createLog } from "./log.ts";
import type { Log } from "./log.ts";
import { redact } from "./redact.ts";
import { sharedVariables } from "./shared-variables.ts";

/** A service as its `main.ts` states it. */
export interface Main<V extends Variables> {
  readonly service: string;
  /** What it reads beside `sharedVariables`. */
  readonly variables: V;
  /** Opens everything and returns; the process then lives until a signal. */
  readonly run: (given: Given<V>) => Promise<void>;
}

/** What a service starts with. */
export interface Given<V extends Variables> {
  readonly env: Env<typeof sharedVariables> & Env<V>;
  readonly log: Log;
  readonly lifecycle: Lifecycle;
}

const DRAIN_MS = 20_000;
const DRAIN_AFTER_CRASH_MS = 2_000;

/**
 * Runs a service: reads its environment once, ends it in order on SIGTERM and SIGINT (a second one ends it at once), and after a
 * crash drains for 2 s and exits 1. A ConfigError becomes a message on stderr and exit code 1.
 */
export async function runMain<V extends Variables>(main: Main<V>): Promise<void> {
  try {
    await start(main);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${redact(error.message)}\n`);
    process.exit(1);
  }
}

async function start<V extends Variables>(main: Main<V>): Promise<void> {
  const env = parseEnv({ ...sharedVariables, ...main.variables }, process.env) as Given<V>["env"];
  const log = createLog({ service: main.service, level: env.LOG_LEVEL });
  const lifecycle = createLifecycle();
  let ending = false;

  async function end(drainMs: number, exitCode: number): Promise<void> {
    if (ending) process.exit(1);
    ending = true;
    setTimeout(() => {
      log.error({ drainMs }, "gave up draining");
      process.exit(1);
    }, drainMs).unref();
    const errors = await lifecycle.stop();
    for (const err of errors) log.error({ err }, "closing failed");
    log.info("ended");
    process.exit(errors.length > 0 ? 1 : exitCode);
  }

  function crash(thrown: unknown): void {
    log.fatal({ err: toError(thrown) }, "crashed");
    void end(DRAIN_AFTER_CRASH_MS, 1);
  }

  for (const name of ["SIGTERM", "SIGINT"] as const) {
    process.on(name, () => {
      log.info({ signal: name }, "ending");
      void end(DRAIN_MS, 0);
    });
  }
  process.on("uncaughtException", crash);
  process.on("unhandledRejection", crash);
  try {
    await main.run({ env, log, lifecycle });
  } catch (error) {
    // Told to end while starting: what was being opened is given up, and that is no failure.
    if (lifecycle.signal.aborted) return log.info({ reason: toError(error).message }, "ended while starting");
    if (error instanceof ConfigError) throw error;
    crash(error);
  }
}
