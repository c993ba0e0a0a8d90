import type { RegistryReader } from "@deskmirror/redis";
import { runEvery } from "@deskmirror/runtime";
import { drainSpool } from "./spool/drain.ts";
import type { DrainOptions } from "./spool/drain.ts";
import { findLostSegments } from "./spool/lost.ts";
import type { Spool } from "./spool/spool.ts";

const SECOND = 1_000;
const MINUTE = 60_000;

/** What runs beside the deliveries. */
export interface LoopsOptions extends DrainOptions {
  readonly keep: () => Promise<void>;
  readonly spool: Pick<Spool, "measure" | "seal">;
  readonly registry: Pick<RegistryReader, "sources">;
}

/** Keeps, and drains the spool, each second; looks for lost segments each minute. Ends when the signal is aborted. */
export async function runLoops(options: LoopsOptions): Promise<void> {
  const { keep, spool, registry, redisState, signal, log } = options;
  let lookForLostAt = 0;

  async function drain(): Promise<void> {
    await spool.measure();
    if (redisState() === "away") return;
    if (redisState() === "well") await spool.seal();
    await drainSpool(options);
    if (performance.now() < lookForLostAt) return;
    await findLostSegments({ ...options, sources: registry.sources() });
    lookForLostAt = performance.now() + MINUTE;
  }

  const loop = (message: string, run: () => Promise<void>) =>
    runEvery({ intervalMs: SECOND, signal, run, onError: (err) => log.warn({ err }, message) });
  await Promise.all([loop("keeping failed", keep), loop("draining the spool failed", drain)]);
}
