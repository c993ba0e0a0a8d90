import type { Delivery, DeliveryGroup, Settlement } from "@deskmirror/model";
import type { DeliveryQueue, DeliveryWorkerOptions } from "@deskmirror/redis";

/** Every delivery of a history on its way, as the processes saw it. */
export interface Traffic {
  /** Events of each delivery that was answered 200, by the delivery's id. */
  readonly answered: ReadonlyMap<string, number>;
  /** Groups that somebody set out to store, by their id. */
  readonly groups: ReadonlyMap<string, DeliveryGroup>;
  /** Where the events of each group went, by its id, as the last who applied it said. */
  readonly settled: ReadonlyMap<string, Settlement>;
  /** When that was (ms). */
  readonly settledMs: ReadonlyMap<string, number>;
  onAnswered(delivery: Delivery): void;
  watchQueue(queue: Pick<DeliveryQueue, "add">): Pick<DeliveryQueue, "add">;
  watchApply(apply: DeliveryWorkerOptions["apply"]): DeliveryWorkerOptions["apply"];
}

/** Traffic of which there was none yet. */
export function createTraffic(now: () => number): Traffic {
  const answered = new Map<string, number>();
  const groups = new Map<string, DeliveryGroup>();
  const settled = new Map<string, Settlement>();
  const settledMs = new Map<string, number>();
  return {
    answered,
    groups,
    settled,
    settledMs,
    onAnswered: ({ id, events }) => void answered.set(id, events),
    watchQueue: (queue) => ({
      add(group) {
        groups.set(group.id, group);
        return queue.add(group);
      },
    }),
    watchApply: (apply) => async (group, how) => {
      const settlement = await apply(group, how);
      settled.set(group.id, settlement);
      settledMs.set(group.id, now());
      return settlement;
    },
  };
}
