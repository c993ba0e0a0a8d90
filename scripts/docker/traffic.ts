import { setTimeout as sleep } from "node:timers/promises";
import type { Cluster } from "../proof/cluster.ts";
import type { Desk } from "../proof/desk.ts";
import { settled, until } from "../proof/source.ts";

const CHANGES_PER_SECOND = 40;
const MIX = { ticketCreate: 2, ticketUpdate: 6, ticketDelete: 1, contactUpdate: 2, accountUpdate: 1 };
const AROUND_MS = 2_000;

/** Deliveries as the Desk that sent them saw it. */
export interface DeliveryCounts {
  readonly sent: number;
  /** Answered other than 200, or not at all. */
  readonly unanswered: number;
}

/** Lets the Desk change before, while and after `action` runs, waits until every event has come to its end, and counts its deliveries. */
export async function countDeliveries(
  { api, desk }: Pick<Cluster, "api" | "desk">,
  action: () => Promise<void>,
): Promise<DeliveryCounts> {
  const before = await readCounts(desk);
  await desk.startWorkload(CHANGES_PER_SECOND, MIX);
  await sleep(AROUND_MS);
  await action();
  await sleep(AROUND_MS);
  await desk.stopWorkload();
  // The admin API may be away for a moment still.
  const isSettled = () =>
    settled({ api, desk }).then(
      () => true,
      () => false,
    );
  await until(isSettled);
  const after = await readCounts(desk);
  return { sent: after.sent - before.sent, unanswered: after.unanswered - before.unanswered };
}

async function readCounts(desk: Desk): Promise<DeliveryCounts> {
  const counts = { sent: 0, unanswered: 0 };
  for (const { sent = 0, failed = 0, lost = 0 } of Object.values((await desk.stats()).deliveries)) {
    counts.sent += sent;
    counts.unanswered += failed + lost;
  }
  return counts;
}
