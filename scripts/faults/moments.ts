import { setTimeout as sleep } from "node:timers/promises";
import type { AdminApi } from "../pair/admin-api.ts";
import type { Cluster } from "../proof/cluster.ts";
import type { Fault } from "./fault.ts";

/** What goes on while a fault strikes. */
export interface Moment {
  readonly name: string;
  /** Resolves when it is in full swing. */
  begin(cluster: Cluster, fault: Fault): Promise<void>;
  /** Ends what goes on, some time after the fault. */
  end(cluster: Cluster): Promise<void>;
}

const CHANGES_PER_SECOND = 20;
const PATIENCE_MS = 60_000;

/** Changes that reconcile finds when their events are lost. New tickets are few, so that the Desk does not grow. */
const modified = {
  ticketCreate: 3,
  ticketUpdate: 30,
  ticketDelete: 3,
  ticketMove: 3,
  contactCreate: 2,
  contactUpdate: 5,
  contactDelete: 2,
  accountUpdate: 3,
  taskCreate: 2,
  taskUpdate: 3,
  taskDelete: 2,
  callUpdate: 1,
  eventUpdate: 1,
  articleUpdate: 1,
  agentUpdate: 1,
  departmentUpdate: 0.5,
  productUpdate: 1,
  contractUpdate: 0.5,
};

/** With changes of a ticket's children, which move nothing of the ticket: events tell them, or the sweep each SWEEP_HOURS. */
const told = {
  ...modified,
  commentAdd: 8,
  commentEdit: 3,
  threadAdd: 8,
  timeEntryAdd: 2,
  timeEntryUpdate: 1,
  timeEntryDelete: 1,
  attachmentAdd: 2,
  attachmentDelete: 1,
};

/** While one that was asked for before is still to begin, another is refused. */
async function startPull(api: AdminApi): Promise<void> {
  for (const startedMs = performance.now(); ; await sleep(500)) {
    try {
      await api.start("pull", { restart: true });
      return;
    } catch (error) {
      if (performance.now() - startedMs > PATIENCE_MS) throw error;
    }
  }
}

/** The moments of the table. */
export const moments: readonly Moment[] = [
  {
    name: "under traffic and a pull",
    async begin({ desk, api }, { losesDeliveries }) {
      await desk.startWorkload(CHANGES_PER_SECOND, losesDeliveries ? modified : told);
      await sleep(1_000);
      await startPull(api);
      await sleep(700);
    },
    async end({ desk }) {
      await sleep(1_000);
      await desk.stopWorkload();
      await desk.delivered();
    },
  },
  {
    name: "idle, in a reconcile",
    async begin({ desk, api }) {
      // Only reconcile can find these.
      await desk.setWebhooks({ dropRate: 1 });
      await desk.startWorkload(2 * CHANGES_PER_SECOND, modified);
      await sleep(1_500);
      await desk.stopWorkload();
      await desk.delivered();
      await desk.setWebhooks({ dropRate: 0 });
      await api.start("reconcile");
      await sleep(100);
    },
    end: async () => {},
  },
];
