import type { DeliveryGroup, Leases, Sink, TokenStore } from "@deskmirror/model";
import type {
  DeliveryQueue,
  DeliveryWorker,
  DeliveryWorkerOptions,
  DueSet,
  Gaps,
  SubscriptionLooks,
  Turns,
} from "@deskmirror/redis";
import type { Time } from "@deskmirror/runtime";
import { createMemorySink } from "@deskmirror/sinks";
import {
  createMemoryDeadLetters,
  createMemoryDeliveries,
  createMemoryDueSet,
  createMemoryGaps,
  createMemoryLooks,
  createMemoryTokens,
  createMemoryTurns,
} from "@deskmirror/testing";
import type { MemoryDeadLetters, MemoryDeliveries } from "@deskmirror/testing";

/** Everything that outlives a process: what Redis and the sink hold. */
export interface Durable {
  readonly sink: Sink;
  readonly tokens: TokenStore;
  /** Leases of a process with this time. */
  readonly leasesOf: (time: Time) => Leases;
  readonly queue: Pick<DeliveryQueue, "add">;
  readonly createWorker: (options: Pick<DeliveryWorkerOptions, "apply"> & { readonly time: Time }) => DeliveryWorker;
  readonly dueChildren: DueSet;
  readonly gaps: Gaps;
  readonly turns: Turns;
  readonly looks: SubscriptionLooks;
  readonly deadLetters: MemoryDeadLetters;
  readonly ledger: MemoryDeliveries["ledger"];
  readonly deliveries: Pick<MemoryDeliveries, "waiting" | "settled"> & {
    /** Every group that was stored. */
    readonly stored: ReadonlyMap<string, DeliveryGroup>;
  };
}

/** What Redis holds in memory, and a sink, in memory where none is given. */
export function createDurable(time: Time, sink: Sink = createMemorySink(time.now)): Durable {
  const { now } = time;
  const tokens = createMemoryTokens({ now });
  const { queue, createWorker, ledger, waiting, settled } = createMemoryDeliveries({ now });
  const stored = new Map<string, DeliveryGroup>();
  return {
    sink,
    tokens: tokens.store,
    leasesOf: ({ sleep }) => tokens.leasesOf(sleep),
    queue: {
      async add(group) {
        stored.set(group.id, group);
        await queue.add(group);
      },
    },
    createWorker,
    dueChildren: createMemoryDueSet({ now }),
    gaps: createMemoryGaps({ now }),
    turns: createMemoryTurns({ now, limit: 60 }),
    deadLetters: createMemoryDeadLetters(),
    looks: createMemoryLooks(),
    ledger,
    deliveries: { waiting, settled, stored },
  };
}
