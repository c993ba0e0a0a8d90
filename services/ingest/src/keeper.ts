import type { DeliveryQueue, Heartbeats, RegistryReader } from "@deskmirror/redis";
import type { GapKeeper } from "./gap-keeper.ts";
import type { RedisHealth } from "./redis-health.ts";

/** What is looked after each second. */
export interface KeeperOptions {
  /** This ingest's name, the same after a restart. */
  readonly instance: string;
  readonly health: Pick<RedisHealth, "probe" | "state">;
  readonly registry: Pick<RegistryReader, "refresh" | "sources">;
  readonly heartbeats: Pick<Heartbeats, "all">;
  readonly queue: Pick<DeliveryQueue, "heartbeat">;
  readonly gaps: GapKeeper;
  /** Now in ms; the machine's clock when left out. */
  readonly now?: () => number;
}

/** Zoho waits 5 s for an answer; who was not at work for nearly as long may have let it wait in vain. */
const STANDSTILL_MS = 4_000;

/**
 * Gives the work of each second: probe Redis, store gaps, and only then say that this ingest is alive. So whatever gap dies with
 * the process began after its last heartbeat, from which the next start opens one; a process that was frozen opens one itself.
 */
export function createKeeper(options: KeeperOptions): () => Promise<void> {
  const { instance, health, registry, heartbeats, queue, gaps, now = Date.now } = options;
  let started = false;
  let lastMs = now();

  async function openGapOfStart(): Promise<void> {
    const beats = await heartbeats.all();
    const beatMs = beats.get(instance) ?? Math.max(0, ...beats.values());
    if (beatMs > 0) {
      await registry.refresh();
      for (const source of registry.sources()) gaps.open(source, "ingest down", beatMs);
    }
    started = true;
  }

  function noticeStandstill(): void {
    const sinceMs = lastMs;
    lastMs = now();
    if (lastMs - sinceMs < STANDSTILL_MS) return;
    for (const source of registry.sources()) gaps.open(source, "ingest stood still", sinceMs);
  }

  return async function keep() {
    noticeStandstill();
    await health.probe();
    if (health.state() === "away") return;
    if (!started) await openGapOfStart();
    await gaps.flush();
    await queue.heartbeat(instance);
  };
}
