import type { DeliveryGroup } from "@deskmirror/model";
import { within } from "@deskmirror/runtime";
import type { RedisHealth } from "./redis-health.ts";
import type { Spool } from "./spool/spool.ts";

/** Where a group became durable. */
export type StoredIn = "redis" | "spool";

/** What makes a group durable. */
export interface StoreOptions {
  readonly addToQueue: (group: DeliveryGroup) => Promise<void>;
  readonly health: Pick<RedisHealth, "state" | "failed">;
  readonly spool: Pick<Spool, "append">;
  /** Told of each group that became durable. */
  readonly onStored: (where: StoredIn, deliveries: number) => void;
}

const REDIS_MS = 500;
/** A delivery may have waited for the group before it; what is left of its second must do for the spool. */
const LEAVE_REDIS_AFTER_MS = 850;

/**
 * Makes a group durable: Redis first; when that gives no answer in time, or is not well, the spool under the same id. Rejects
 * with the spool's error when neither works.
 */
export function createStore({ addToQueue, health, spool, onStored }: StoreOptions) {
  return async function store(group: DeliveryGroup): Promise<void> {
    if (health.state() === "well") {
      try {
        const waitedMs = Date.now() - group.deliveries[0]!.receivedMs;
        const timeoutMs = Math.min(REDIS_MS, LEAVE_REDIS_AFTER_MS - waitedMs);
        await within(timeoutMs, addToQueue(group), "Redis gave no answer in time");
        return onStored("redis", group.deliveries.length);
      } catch {
        health.failed();
      }
    }
    await spool.append(group);
    onStored("spool", group.deliveries.length);
  };
}
