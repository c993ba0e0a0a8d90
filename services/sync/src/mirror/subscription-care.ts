import { setTimeout as sleep } from "node:timers/promises";
import { TransientError } from "@deskmirror/model";
import type { DataSource, Leases, Source, Subscription } from "@deskmirror/model";
import type { Gaps, Ledger, SourceRegistry, SubscriptionLook, SubscriptionLooks } from "@deskmirror/redis";
import type { Log } from "@deskmirror/runtime";
import { judgeSubscription, repairSubscription } from "./subscription.ts";
import type { SubscriptionVerdict } from "./subscription.ts";
import { toFailedLook, toGoodLook } from "./subscription-look.ts";
import { withLease } from "./table-lease.ts";

/** The care for a source's subscription at Zoho, one process at a time. */
export interface SubscriptionCare {
  /** Looks at the one we registered when that is due, and repairs it. One made by hand is never touched. */
  readonly tend: (signal: AbortSignal) => Promise<void>;
  /** Registers it for the present service URL, or repairs it, and keeps its id. Gives it as Zoho now holds it. */
  readonly register: (dataSource: DataSource, how: Registering) => Promise<Subscription>;
  /** Removes the one we registered at Zoho. */
  readonly remove: (dataSource: DataSource, signal: AbortSignal) => Promise<void>;
  /** Something speaks against it: the next look is due now, unless only a person can change what the last one found. */
  readonly hurry: () => Promise<void>;
}

/** How to register. */
export interface Registering {
  /** It has a new URL because we gave it one: that it is elsewhere lost nothing. */
  readonly isMoving: boolean;
  readonly signal: AbortSignal;
}

/** What the care needs. */
export interface SubscriptionCareOptions {
  /** As it is configured now. */
  readonly dataSource: () => DataSource;
  readonly source: Pick<Source, "subscriptions" | "now">;
  /** The tables that are kept. */
  readonly tables: readonly string[];
  readonly registry: Pick<SourceRegistry, "get" | "update" | "serviceUrl">;
  readonly leases: Leases;
  readonly gaps: Gaps;
  readonly looks: SubscriptionLooks;
  readonly ledger: Pick<Ledger, "lastReceivedMs">;
  readonly now: () => number;
  readonly log: Log;
}

const PATIENCE_MS = 10_000;
const LOOK_TIMEOUT_MS = 30_000;

/** The care for the subscription of one data source. */
export function createSubscriptionCare(options: SubscriptionCareOptions): SubscriptionCare {
  const { source, registry, leases, gaps, looks, ledger, now, log } = options;
  const { name } = options.dataSource();
  const { subscriptions } = source;
  const events = subscriptions.eventsFor(options.tables);

  async function isDue(): Promise<boolean> {
    const known = await looks.read(name);
    return known === null || known.nextMs <= now() || events.some((event) => !known.events.includes(event));
  }

  async function settle(dataSource: DataSource, { isMoving, signal }: Registering): Promise<Subscription> {
    const { webhookId } = dataSource;
    const startedMs = now();
    const known = await looks.read(name);
    const request = {
      purpose: "heal",
      signal: AbortSignal.any([signal, AbortSignal.timeout(LOOK_TIMEOUT_MS)]),
    } as const;
    const wanted = { id: webhookId, url: registry.serviceUrl(dataSource), events };
    let verdict: SubscriptionVerdict | null = null;
    try {
      verdict = judgeSubscription(await subscriptions.list(request), wanted);
      const openGap = await toGap(dataSource, { known, verdict, isMoving });
      await openGap();
      const right = await repairSubscription(subscriptions, verdict, { ...wanted, options: request });
      // Once more: a round that began before the repair cannot have seen all that was lost.
      await openGap();
      if (right.id !== webhookId) await registry.update(name, { webhookId: right.id });
      const isNew = verdict.fault !== null;
      const sinceMs = isNew || known === null ? source.now() : known.sinceMs;
      await looks.write(name, toGoodLook({ events: [...events], goodMs: isNew ? now() : startedMs, sinceMs }));
      return right;
    } catch (error) {
      if (!signal.aborted) await looks.write(name, toFailedLook(error, { known, verdict, events, nowMs: now() }));
      throw error;
    }
  }

  /** Opens the gap of a fault, from when it was last known well; nothing where nothing can have been lost. */
  async function toGap(
    { webhookId, createdMs }: DataSource,
    { known, verdict: { fault, ours }, isMoving }: Found,
  ): Promise<() => Promise<void>> {
    const isLoss =
      fault === "lacked events"
        ? known === null || !ours!.hasAutomation || known.events.some((event) => !ours!.events.includes(event))
        : fault !== null && !(isMoving && fault === "moved");
    if (webhookId === null || !isLoss) return async () => {};
    // That some events came says nothing of those it lacked.
    const deliveredMs = fault === "lacked events" ? null : await ledger.lastReceivedMs(name);
    const fromMs = Math.max(createdMs, known?.goodMs ?? 0, deliveredMs ?? 0);
    log.warn(
      { webhook: webhookId, from: new Date(fromMs).toISOString() },
      `the subscription at Zoho: ${fault}; it is repaired`,
    );
    return () => gaps.open(name, `webhook ${fault}`, fromMs);
  }

  /** Runs something while nobody else cares for this subscription; false when somebody does. */
  const alone = (signal: AbortSignal, run: (signal: AbortSignal) => Promise<void>): Promise<boolean> =>
    withLease({ leases, name: `${name}:subscription`, signal }, (held) => run(held.signal));

  async function inTurn(signal: AbortSignal, run: (signal: AbortSignal) => Promise<void>): Promise<void> {
    for (const startedMs = performance.now(); performance.now() - startedMs < PATIENCE_MS;) {
      if (await alone(signal, run)) return;
      await sleep(50 + Math.random() * 100, undefined, { signal });
    }
    throw new TransientError(`The webhook of ${name} is being changed by somebody else; try again in a moment`);
  }

  return {
    async tend(signal) {
      if (options.dataSource().webhookId === null || !(await isDue())) return;
      await alone(signal, async (held) => {
        const dataSource = await registry.get(name);
        // Somebody else may have looked, or changed it, since.
        if (dataSource === null || dataSource.webhookId === null || !(await isDue())) return;
        await settle(dataSource, { isMoving: false, signal: held });
      });
    },
    async register(dataSource, { isMoving, signal }) {
      let registered: Subscription | null = null;
      await inTurn(signal, async (held) => {
        registered = await settle(dataSource, { isMoving, signal: held });
      });
      return registered!;
    },
    remove: ({ webhookId }, signal) =>
      inTurn(signal, async (held) => {
        await subscriptions.remove(webhookId!, { purpose: "heal", signal: held });
        await registry.update(name, { webhookId: null });
        await looks.forget(name);
      }),
    async hurry() {
      const known = await looks.read(name);
      if (known?.state !== "unavailable") await looks.hurry(name);
    },
  };
}

interface Found {
  readonly known: SubscriptionLook | null;
  readonly verdict: SubscriptionVerdict;
  readonly isMoving: boolean;
}
