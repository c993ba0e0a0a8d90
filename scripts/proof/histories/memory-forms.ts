import type { Sink } from "@deskmirror/model";
import type { OrganizationThrottle } from "@deskmirror/redis";
import { createMemorySink } from "@deskmirror/sinks";
import {
  createMemoryDeadLetters,
  createMemoryDeliveries,
  createMemoryDueSet,
  createMemoryGaps,
  createMemoryLooks,
  createMemoryThrottle,
  createMemoryTokens,
  createMemoryTurns,
} from "@deskmirror/testing";
import type { Durable, Forms } from "./forms.ts";
import { createVirtualTime } from "./virtual-time.ts";

/**
 * Everything in memory, and as fast as it can be. A sink that is given must need no turn of the event loop, for which virtual time does not
 * wait.
 */
export function createMemoryForms(sink?: Sink): Forms {
  return {
    createTime: createVirtualTime,
    async open({ now }): Promise<Durable> {
      const tokens = createMemoryTokens({ now });
      const { queue, createWorker, ledger } = createMemoryDeliveries({ now });
      const deadLetters = createMemoryDeadLetters();
      const kept = {
        sink: sink ?? createMemorySink(now),
        dueChildren: createMemoryDueSet({ now }),
        ledger,
        deadLetters,
      };
      const [gaps, looks] = [createMemoryGaps({ now }), createMemoryLooks()];
      const turns = createMemoryTurns({ now, limit: 60 });
      return {
        ...kept,
        gaps,
        letters: async () => deadLetters.all(),
        layLine: async () => ({
          open: (time) => ({
            ...kept,
            gaps,
            looks,
            turns,
            queue,
            tokens: tokens.store,
            leases: tokens.leasesOf(time.sleep),
            openSink: async () => kept.sink,
            createWorker: ({ apply }) => createWorker({ apply, time }),
            createThrottle,
          }),
          freeze() {},
          restore() {},
          cut() {},
        }),
        async close() {},
      };
    },
  };
}

/** Concurrency is each process's own here, and credits are not counted. */
function createThrottle(): OrganizationThrottle {
  const spentToday = { live: 0, heal: 0, reconcile: 0, pull: 0 };
  return {
    ...createMemoryThrottle(),
    credits: async () => ({ limit: null, remaining: null, reserve: 0, spentToday, waitUntilMs: null }),
    close: async () => {},
  };
}
