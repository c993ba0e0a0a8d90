import type { DataSource } from "@deskmirror/model";
import type { Gaps, Ledger, SubscriptionLooks } from "@deskmirror/redis";

/** A change that a round found although a webhook should have told of it. Times on the source's clock (ms). */
export interface Untold {
  /** The watermark of its table when the round began. */
  readonly provenMs: number;
  readonly modifiedMs: number;
}

/** Listens for deliveries between rounds of reconcile. */
export interface SilenceWatch {
  /**
   * Told after each round what changes no event had told of. When one of them is old enough to have been told and nothing at all was
   * delivered since the round before, that is silence: gives since when (ms), else null.
   */
  readonly hear: (untold: readonly Untold[]) => Promise<number | null>;
}

/** What listening needs. */
export interface SilenceWatchOptions {
  readonly name: string;
  readonly dataSource: () => DataSource;
  readonly gaps: Pick<Gaps, "list">;
  readonly ledger: Pick<Ledger, "lastReceivedMs" | "counts">;
  readonly looks: Pick<SubscriptionLooks, "read">;
  /** The source's clock, in ms. */
  readonly now: () => number;
}

/** An event may take this long to come, and the search shows some changes sooner than that. */
const GRACE_MS = 2 * 60_000;

/** Where nobody registered a webhook here, one made by hand is believed to be there while its last delivery is younger. */
const MEMORY_MS = 7 * 24 * 60 * 60_000;

/** The silence watch of one data source. Deliveries are told apart by the time of the last one, so no two clocks are compared. */
export function createSilenceWatch(options: SilenceWatchOptions): SilenceWatch {
  const { name, gaps, ledger, looks, now } = options;
  /** The last delivery as the round before knew it; undefined before the first round. */
  let before: number | null | undefined;
  /** The oldest change that no event told of, while nothing is delivered. */
  let suspicion: Untold | null = null;

  /** Whether events are to come: then from when on (ms, the source's clock), else null. */
  async function expectedSince(lastMs: number | null): Promise<number | null> {
    const { webhookId } = options.dataSource();
    const look = await looks.read(name);
    if (webhookId !== null) return look?.sinceMs ?? null;
    return lastMs !== null && Date.now() - lastMs < MEMORY_MS ? 0 : null;
  }

  /** What lies in the queue or the spool was delivered, and a gap that is known says already why nothing came. */
  async function isExplained(): Promise<boolean> {
    const { inFlight } = await ledger.counts(name);
    return inFlight > 0 || (await gaps.list(name)).some(({ state, reason }) => state === "open" && reason !== SILENCE);
  }

  return {
    async hear(untold) {
      const lastMs = await ledger.lastReceivedMs(name);
      const isFirst = before === undefined;
      const isHeard = lastMs !== before;
      before = lastMs;
      if (isFirst || isHeard) suspicion = null;
      if (isFirst || isHeard || (untold.length === 0 && suspicion === null)) return null;
      const sinceMs = await expectedSince(lastMs);
      if (sinceMs === null) return null;
      for (const one of untold) {
        const isNews = one.modifiedMs >= Math.max(one.provenMs, sinceMs);
        if (isNews && one.modifiedMs < (suspicion?.modifiedMs ?? Infinity)) suspicion = one;
      }
      if (suspicion === null || now() - suspicion.modifiedMs < GRACE_MS || (await isExplained())) return null;
      const fromMs = Math.max(suspicion.provenMs, sinceMs);
      suspicion = null;
      return fromMs;
    },
  };
}

/** The reason of a gap that silence opens. */
export const SILENCE = "silence";
