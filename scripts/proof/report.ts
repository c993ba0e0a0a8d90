import { formatTable } from "@deskmirror/cli";
import type { Verdict } from "../pair/admin-api.ts";
import type { Cluster } from "./cluster.ts";
import type { DeskStats } from "./desk.ts";
import type { TableJudgement } from "./oracle.ts";

/** Every table with its rows in Desk and in the database, as `verify` and as the oracle see it. */
export function formatTables(verdict: Verdict, judgements: readonly TableJudgement[]): string {
  return formatTable(
    ["table", "in Desk", "in the database", "left out", "verify", "oracle"],
    judgements.map(({ table, desk, sink, leftOut, faults }) => {
      const { missing, extra, different } = verdict.tables.find(({ name }) => name === table)!;
      const wrong = missing.length + extra.length + different.length;
      return [table, desk, sink, leftOut, wrong === 0 ? "equal" : `${wrong} differ`, toWords(faults)];
    }),
  );
}

function toWords(faults: readonly string[]): string {
  return faults.length === 0 ? "equal" : `${faults.length} differ: ${faults[0]}`;
}

/** Every event type: what Desk sent, and where sync says it went. What a killed sync had counted is lost with it. */
export async function formatEvents({ desk, syncs }: Cluster): Promise<string> {
  const { deliveries } = await desk.stats();
  const fates = await countFates(syncs.map(({ origin }) => origin));
  const names = ["applied", "superseded", "filtered", "deadLettered"];
  return formatTable(
    ["event", "sent", "doubled", "dropped", ...names],
    Object.entries(deliveries)
      .toSorted(([left], [right]) => (left < right ? -1 : 1))
      .map(([type, { sent = 0, doubled = 0, dropped = 0 }]) => {
        return [type, sent, doubled, dropped, ...names.map((fate) => fates.get(`${type} ${fate}`) ?? 0)];
      }),
  );
}

async function countFates(origins: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const fates = new Map<string, number>();
  for (const origin of origins) {
    const text = await (await fetch(`${origin}/metrics`)).text();
    const lines = text.matchAll(/^deskmirror_events_total\{.*type="(\w+)",fate="(\w+)"\} (\d+)$/gm);
    for (const [, type, fate, count] of lines) {
      const name = `${type} ${fate}`;
      fates.set(name, (fates.get(name) ?? 0) + Number(count));
    }
  }
  return fates;
}

/** What Desk was asked, and whether anything was more than it allows. */
export function formatDesk({ requests, creditsSpent, maxConcurrent, ...stats }: DeskStats): string {
  const calls = Object.values(requests).reduce((sum, count) => sum + count, 0);
  const breaches = Object.entries(stats.breaches).map(([kind, { count }]) => `${kind} ${count}`);
  return `calls ${calls.toLocaleString("en")}, credits ${creditsSpent.toLocaleString("en")}, at once at most ${maxConcurrent}, \
token requests in ten minutes at most ${stats.maxTokenRequestsInTenMinutes}
breaches seen by Desk: ${breaches.join(", ")}`;
}

/** Whether Desk saw nothing that it does not allow. */
export function hasNoBreach({ breaches }: DeskStats): boolean {
  return Object.values(breaches).every(({ count }) => count === 0);
}
