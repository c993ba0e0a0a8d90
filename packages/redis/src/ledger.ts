import type { DeliveryGroup, LedgerCounts, Settlement } from "@deskmirror/model";
import { ask } from "./ask.ts";
import type { RedisConnection } from "./connection.ts";
import { jobKey, sourceKey } from "./keys.ts";
import { ACCEPT, ORPHANS, SETTLE } from "./ledger-scripts.ts";
import { readSpool } from "./spool-records.ts";

/** Events that are in no bucket although their job is gone. */
export interface Unaccounted {
  readonly group: string;
  readonly events: number;
  readonly acceptedMs: number;
}

/** Where every accepted event of a source is (docs/invariants.md, I2). TransientError when Redis is out of reach. */
export interface Ledger {
  /** Counts a group as accepted and in flight, once, if its job exists. */
  accept(group: DeliveryGroup): Promise<void>;
  /** Moves a group from in flight to where its events went, once; called after the sink's commit and before the job is completed. */
  settle(group: DeliveryGroup, settlement: Settlement): Promise<void>;
  counts(source: string): Promise<LedgerCounts>;
  /** What is open for longer than a minute although its job is gone. */
  audit(source: string): Promise<readonly Unaccounted[]>;
  /** Of these what `setReported` was not told of. */
  unreported(source: string): Promise<readonly Unaccounted[]>;
  setReported(source: string, groups: readonly Pick<Unaccounted, "group">[]): Promise<void>;
  /** When the oldest event in flight was accepted (ms, Redis's clock); null when there is none. */
  oldestMs(source: string): Promise<number | null>;
  /** When the last accepted delivery of a webhook was received (ms, ingest's clock); null when there was none. */
  lastReceivedMs(source: string): Promise<number | null>;
}

const UNACCOUNTED_AFTER_MS = 60_000;
const AUDIT_PAGE = 1_000;

/** The ledger kept beside the queue of each source. */
export function createLedger({ connection: { client } }: { readonly connection: RedisConnection }): Ledger {
  async function audit(source: string): Promise<readonly Unaccounted[]> {
    const [seconds] = await ask(client.time());
    const untilMs = Number(seconds) * 1_000 - UNACCOUNTED_AFTER_MS;
    const found: Unaccounted[] = [];
    for (let offset = 0; ; offset += AUDIT_PAGE) {
      const open = await ask(
        client.zrangebyscore(sourceKey(source, "open"), 0, untilMs, "WITHSCORES", "LIMIT", offset, AUDIT_PAGE),
      );
      const acceptedMs = new Map(pairs(open));
      const members = [...acceptedMs.keys()];
      if (members.length === 0) return found;
      const orphans = await ask(client.eval(ORPHANS, 1, sourceKey(source, "open"), jobKey(source, ""), ...members));
      for (const member of orphans as string[]) {
        const colon = member.indexOf(":");
        found.push({
          group: member.slice(colon + 1),
          events: Number(member.slice(0, colon)),
          acceptedMs: Number(acceptedMs.get(member)),
        });
      }
    }
  }

  return {
    audit,
    async unreported(source) {
      const found = await audit(source);
      if (found.length === 0) return [];
      const names = found.map(({ group }) => group);
      const isReported = await ask(client.smismember(sourceKey(source, "unaccounted"), ...names));
      return found.filter((_, index) => isReported[index] === 0);
    },
    async setReported(source, groups) {
      await ask(client.sadd(sourceKey(source, "unaccounted"), ...groups.map(({ group }) => group)));
    },
    async accept(group) {
      await ask(client.eval(...acceptArguments(group)));
    },
    async settle(group, { applied, superseded, filtered, deadLettered }) {
      const buckets = [applied, superseded, filtered, deadLettered];
      await ask(client.eval(SETTLE, 3, ...ledgerKeys(group), group.id, eventsOf(group), ...buckets));
    },
    async counts(source) {
      const [orphans, spool, ledger] = await Promise.all([
        audit(source),
        readSpool(client, source),
        ask(client.hgetall(sourceKey(source, "ledger"))),
      ]);
      const count = (name: string) => Number(ledger[name] ?? 0);
      const spooled = sum(spool.filter(({ lost }) => !lost));
      const lost = sum(spool.filter(({ lost }) => lost));
      const unaccounted = sum(orphans);
      return {
        accepted: count("accepted") + spooled + lost,
        applied: count("applied"),
        superseded: count("superseded"),
        filtered: count("filtered"),
        deadLettered: count("deadLettered"),
        inFlight: count("open") - unaccounted + spooled,
        unaccounted: unaccounted + lost,
      };
    },
    async oldestMs(source) {
      const [, score] = await ask(client.zrange(sourceKey(source, "open"), 0, "0", "WITHSCORES"));
      return score === undefined ? null : Number(score);
    },
    async lastReceivedMs(source) {
      const ms = await ask(client.hget(sourceKey(source, "ledger"), "lastReceivedMs"));
      return ms === null ? null : Number(ms);
    },
  };
}

/** Arguments of EVAL that accept a group, for a pipeline. */
export function acceptArguments(group: DeliveryGroup) {
  // What a workflow rule sends says nothing of the webhook.
  const ofZoho = group.deliveries.filter(({ kind }) => kind === "events");
  const lastReceivedMs = Math.max(0, ...ofZoho.map(({ receivedMs }) => receivedMs));
  return [ACCEPT, 3, ...ledgerKeys(group), group.id, eventsOf(group), lastReceivedMs] as const;
}

function ledgerKeys({ source, id }: DeliveryGroup) {
  return [jobKey(source, id), sourceKey(source, "ledger"), sourceKey(source, "open")] as const;
}

function eventsOf({ deliveries }: DeliveryGroup): number {
  return sum(deliveries);
}

function sum(items: readonly { readonly events: number }[]): number {
  return items.reduce((total, { events }) => total + events, 0);
}

function pairs(flat: readonly string[]): (readonly [string, string])[] {
  return flat.flatMap((name, index) => (index % 2 === 0 ? [[name, flat[index + 1] ?? ""] as const] : []));
}
