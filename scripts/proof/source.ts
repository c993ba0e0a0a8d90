import { setTimeout as sleep } from "node:timers/promises";
import { tableNames } from "@deskmirror/desk-emulator";
import { SOURCE } from "./cluster.ts";
import type { Cluster } from "./cluster.ts";

/** Creates the source of a proof with all 30 tables unless told otherwise, and registers its webhook. */
export async function connectDesk({ api, desk }: Pick<Cluster, "api" | "desk">, settings: object = {}): Promise<void> {
  await api.createSource({
    name: SOURCE,
    orgId: desk.orgId,
    clientId: desk.clientId,
    clientSecret: desk.clientSecret,
    code: await desk.generateCode(),
    tables: tableNames,
    accountsUrl: desk.url,
    deskUrl: desk.url,
    ...settings,
  });
  await api.registerWebhook();
}

/** What the clock does each RECONCILE_SECONDS and each SWEEP_HOURS: a round of reconcile, then every table is read whole again. */
export async function sweep({ api }: Cluster): Promise<void> {
  await api.run("reconcile");
  await api.run("pull", { restart: true });
}

/** Waits until Desk has sent every event and each one has come to its end. */
export async function settled({ api, desk }: Pick<Cluster, "api" | "desk">): Promise<void> {
  await desk.delivered();
  await until(async () => (await api.status()).ledger.inFlight === 0);
}

/** Waits until every row has its detail. */
export async function filledIn({ api }: Cluster): Promise<void> {
  await until(async () => (await api.status()).tables.every(({ rows, full }) => full === rows));
}

/** Asks once a second until it holds; gives whether it did before `patienceMs` was over. */
export async function until(holds: () => Promise<boolean>, patienceMs = Infinity): Promise<boolean> {
  for (const startedMs = performance.now(); !(await holds()); await sleep(1_000)) {
    if (performance.now() - startedMs > patienceMs) return false;
  }
  return true;
}

/** Waits until every table is live, every row has its detail and every event its end. */
export async function atRest(cluster: Cluster): Promise<void> {
  await until(async () => (await cluster.api.status()).tables.every(({ state }) => state === "live"));
  await filledIn(cluster);
  await settled(cluster);
}
