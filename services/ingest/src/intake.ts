import { TransientError, createGroupCommit } from "@deskmirror/model";
import type { Delivery, DeliveryGroup, GroupCommit } from "@deskmirror/model";
import type { IdMaker } from "./ids.ts";

/** Makes deliveries durable. */
export interface Intake {
  /** Resolves once the delivery is durable. TransientError when too much waits already; else what storing threw. */
  take(source: string, delivery: Delivery): Promise<void>;
  /** Resolves when nothing waits. */
  drain(): Promise<void>;
}

/** A group is one job: at most this much, unless one delivery alone is larger (design decision 5). */
const GROUP_DELIVERIES = 256;
const GROUP_BYTES = 512 * 1024;

/** Foreign deliveries wait in sync for their turns, of which there are 60 a minute: a group must not take them all. */
const FOREIGN_DELIVERIES = 16;

/** Bodies held in memory at most, should storing be slower than what comes in. */
const WAITING_BYTES = 64 * 1024 * 1024;

/**
 * Stores the deliveries of each source that arrive while a write is in flight as one group. Those with a signature that sync has yet
 * to verify go apart, since they may have to wait there; so do foreign ones, a few together.
 */
export function createIntake(options: {
  readonly store: (group: DeliveryGroup) => Promise<void>;
  readonly createId: IdMaker;
}): Intake {
  const commits = new Map<string, GroupCommit<Delivery>>();
  let waitingBytes = 0;

  function commitOf(source: string, { signature, kind }: Delivery): GroupCommit<Delivery> {
    const isUsual = kind === "events" && signature !== "unverified";
    const key = isUsual ? source : `${source} ${kind} ${signature}`;
    let commit = commits.get(key);
    if (commit === undefined) {
      commit = createGroupCommit({
        write: (deliveries) => options.store({ id: `g-${options.createId()}`, source, deliveries }),
        maxItems: kind === "foreign" ? FOREIGN_DELIVERIES : GROUP_DELIVERIES,
        maxBytes: GROUP_BYTES,
        size: ({ body }: Delivery) => body.length,
      });
      commits.set(key, commit);
    }
    return commit;
  }

  return {
    async take(source, delivery) {
      const bytes = delivery.body.length;
      if (waitingBytes + bytes > WAITING_BYTES)
        throw new TransientError("too much waits to be stored", { code: "BUSY" });
      waitingBytes += bytes;
      try {
        await commitOf(source, delivery).add(delivery);
      } finally {
        waitingBytes -= bytes;
      }
    },
    async drain() {
      await Promise.all([...commits.values()].map((commit) => commit.drain()));
    },
  };
}
