import { setTimeout as sleep } from "node:timers/promises";
import type { DeskEmulator, Workload } from "@deskmirror/desk-emulator";
import { tableNames } from "@deskmirror/desk-emulator";
import type { AdminApi, Status, Verdict } from "../pair/admin-api.ts";
import { verdictNotes } from "./explain.ts";
import { countChanges, formatStatus, formatVerdict, isListed, summarizeStatus } from "./progress.ts";
import { createScreen } from "./screen.ts";

/** What the steps of the demo work with. */
export interface Demo {
  readonly api: AdminApi;
  readonly emulator: DeskEmulator;
  readonly signal: AbortSignal;
}

/** The source's name: what its tables are called begins with it. */
export const SOURCE = "demo";

/** Read whole again after live changes: Zoho tells nobody when a comment or its like is deleted, nor when a ticket is archived. */
const UNTOLD_TABLES: readonly string[] = [
  "archived_tickets",
  "ticket_threads",
  "ticket_comments",
  "ticket_attachments",
  "ticket_time_entries",
  "ticket_history",
];
const LIVE_CHANGES = 240;
const POLL_MS = 500;
const SETTLE_MS = 60_000;

/** Creates the source with all 30 tables, and registers its webhook before anything is read. */
export async function connectDesk({ api, emulator }: Demo): Promise<void> {
  await api.createSource({
    name: SOURCE,
    orgId: emulator.orgId,
    dataCenter: "com",
    clientId: emulator.clientId,
    clientSecret: emulator.clientSecret,
    code: emulator.generateCode(),
    tables: tableNames,
    accountsUrl: emulator.url,
    deskUrl: emulator.url,
  });
  await api.registerWebhook();
}

/** Pulls every table and shows how far it is; gives the status at its end. */
export async function pullAll({ api, signal }: Demo): Promise<Status> {
  const screen = createScreen(process.stdout);
  const show = (status: Status): void => screen.show(formatStatus(status), summarizeStatus(status));
  let isDone = false;
  const pulling = api.run("pull").finally(() => {
    isDone = true;
  });
  const watching = async (): Promise<Status> => {
    for (let status = await api.status(); ; status = await api.status()) {
      show(status);
      if (isDone && status.tables.every(isListed)) return status;
      await sleep(POLL_MS, null, { signal });
    }
  };
  const [, status] = await Promise.all([pulling, watching()]);
  return status;
}

/** Changes for as long as nobody presses Ctrl-C, with a line on how the database follows. */
export async function changeUntilStopped({ api, signal }: Demo, workload: Workload): Promise<void> {
  const screen = createScreen(process.stdout);
  workload.start();
  while (!signal.aborted) {
    const { ledger } = await api.status();
    const line = `${describeChanges(workload)}; events applied ${ledger.applied}, on their way ${ledger.inFlight}`;
    screen.show(line, line);
    await sleep(process.stdout.isTTY ? 1_000 : 10_000, null, { signal });
  }
}

/** More than the 2 s by which the emulated Desk's search stays behind. */
const SEARCH_LAG_MS = 3_000;

/** Makes a bounded number of live changes, waits until the database has them, and gives what `verify` says. */
export async function changeAndVerify(demo: Demo, workload: Workload): Promise<Verdict> {
  const { api, signal } = demo;
  workload.start();
  while (workload.total() < LIVE_CHANGES) await sleep(100, null, { signal });
  workload.stop();
  console.log(`${describeChanges(workload)}. Waiting until the database has them …`);
  await waitUntilApplied(demo);
  // Products have no events: only reconcile shows their changes, and only once Desk's search has them.
  await sleep(SEARCH_LAG_MS, null, { signal });
  await api.run("reconcile");
  await api.run("pull", { tables: UNTOLD_TABLES, restart: true });
  await waitUntilApplied(demo);
  console.log("Comparing every table with Desk …");
  const verdict = (await api.run("verify")) as Verdict;
  console.log(`\n${formatVerdict(verdict)}\n\n${verdictNotes}\n`);
  return verdict;
}

/** Waits until the emulator has sent every event and each one has come to its end. */
async function waitUntilApplied({ api, emulator, signal }: Demo): Promise<void> {
  await emulator.webhookControls.idle();
  const untilMs = Date.now() + SETTLE_MS;
  for (;;) {
    const { ledger } = await api.status();
    if (ledger.inFlight === 0) return;
    if (Date.now() > untilMs) throw new Error(`events are still on their way: ${JSON.stringify(ledger)}`);
    await sleep(POLL_MS, null, { signal });
  }
}

function describeChanges(workload: Workload): string {
  const { creates, updates, deletes } = countChanges(workload.counts());
  return `${workload.total()} live changes: ${creates} creates, ${updates} updates, ${deletes} deletes`;
}
