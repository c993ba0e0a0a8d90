import { setTimeout as sleep } from "node:timers/promises";
import type { AdminApi } from "../pair/admin-api.ts";
import type { Cluster } from "../proof/cluster.ts";
import type { Fault } from "./fault.ts";

/** What goes on while a fault strikes. */
export interface Moment {
  readonly name: string;
  /** Resolves when it is in full swing; gives how to see whether it still is. */
  begin(cluster: Cluster, fault: Fault): Promise<() => Promise<boolean>>;
  /** Ends what goes on, some time after the fault. */
  end(cluster: Cluster): Promise<void>;
}

const CHANGES_PER_SECOND = 20;
/** How long the Desk takes for each request, and while a fault strikes. */
export const LATENCY_MS = 10;
const SLOW_MS = 100;
/** Tables with a call for each ticket. */
const LONGEST = new Set(["ticket_threads", "ticket_comments", "ticket_history"]);
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

async function soon(holds: () => Promise<boolean>, otherwise: string): Promise<void> {
  for (const startedMs = performance.now(); !(await holds()); await sleep(100)) {
    if (performance.now() - startedMs > PATIENCE_MS) throw new Error(otherwise);
  }
}

/** While one that was asked for before is still to begin, another is refused. Gives whether the tables it reads longest are being read. */
async function startPull(api: AdminApi): Promise<() => Promise<boolean>> {
  const askedAt = new Date();
  const isAsked = (): Promise<boolean> =>
    api.start("pull", { restart: true }).then(
      () => true,
      () => false,
    );
  await soon(isAsked, "a pull was refused for a minute");
  return async () =>
    (await api.status()).tables.some(
      ({ name, pull }) => LONGEST.has(name) && pull?.state === "running" && new Date(pull.startedAt) >= askedAt,
    );
}

/** The moments of the table. The Desk is slow meanwhile, so that what goes on is not over before a fault strikes. */
export const moments: readonly Moment[] = [
  {
    name: "under traffic and a pull",
    async begin({ desk, api }, { losesDeliveries }) {
      await desk.setLatency(SLOW_MS);
      await desk.startWorkload(CHANGES_PER_SECOND, losesDeliveries ? modified : told);
      await sleep(1_000);
      const isPulling = await startPull(api);
      await soon(isPulling, "a pull that was asked for did not begin within a minute");
      await sleep(300);
      return isPulling;
    },
    async end({ desk }) {
      await sleep(1_000);
      await desk.stopWorkload();
      await desk.delivered();
      await desk.setLatency(LATENCY_MS);
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
      await desk.setLatency(SLOW_MS);
      const round = await api.start("reconcile");
      await sleep(SLOW_MS);
      return () => api.isRunning(round);
    },
    end: ({ desk }) => desk.setLatency(LATENCY_MS),
  },
];
