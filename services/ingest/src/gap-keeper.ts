import type { DeliveryQueue } from "@deskmirror/redis";

/** Why deliveries may have been missed. */
export type GapReason =
  | "answered 401"
  | "answered 413"
  | "answered 503"
  | "delivery cut off"
  | "ingest down"
  | "ingest stood still"
  | "spool lost";

/** Gaps that are not stored yet. */
export interface GapKeeper {
  /** Remembers a gap from a time (ms), now when left out; the earliest of each source and reason. */
  open(source: string, reason: GapReason, fromMs?: number): void;
  /** Stores what is remembered; what could not be stored stays. Rejects when Redis did not confirm. */
  flush(): Promise<void>;
}

/** Keeps gaps in memory until Redis has them. */
export function createGapKeeper(queue: Pick<DeliveryQueue, "openGap">): GapKeeper {
  const gaps = new Map<string, { source: string; reason: GapReason; fromMs: number }>();

  function open(source: string, reason: GapReason, fromMs = Date.now()): void {
    const key = `${source} ${reason}`;
    const gap = gaps.get(key);
    if (gap === undefined || fromMs < gap.fromMs) gaps.set(key, { source, reason, fromMs });
  }

  return {
    open,
    async flush() {
      const [...remembered] = gaps; // what is opened meanwhile is for the next time
      for (const [key, { source, reason, fromMs }] of remembered) {
        gaps.delete(key);
        try {
          await queue.openGap(source, reason, fromMs);
        } catch (error) {
          open(source, reason, fromMs);
          throw error;
        }
      }
    },
  };
}
