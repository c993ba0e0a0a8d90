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
}

/**
 * Gives the work of each second: probe Redis, store gaps, and only then say that this ingest is alive. So whatever gap dies with
 * the process began after its last heartbeat, from which the next start opens one.
 */
export function createKeeper(options: KeeperOptions): () => Promise<void> {
  const { instance, health, registry, heartbeats, queue, gaps } = options;
  let started = false;

  async function openGapOfStart(): Promise<void> {
    const beats = await heartbeats.all();
    const lastMs = beats.get(instance) ?? Math.max(0, ...beats.values());
    if (lastMs > 0) {
      await registry.refresh();
      for (const source of registry.sources()) gaps.open(source, "ingest down", lastMs);
    }
    started = true;
  }

  return async function keep() {
    await health.probe();
    if (health.state() === "away") return;
    if (!started) await openGapOfStart();
    await gaps.flush();
    await queue.heartbeat(instance);
  };
}
