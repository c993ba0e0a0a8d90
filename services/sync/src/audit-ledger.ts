import type { Gaps, Ledger, SourceRegistry } from "@deskmirror/redis";
import type { Log } from "@deskmirror/runtime";

/** What auditing the ledgers needs. */
export interface AuditOptions {
  readonly registry: Pick<SourceRegistry, "list">;
  readonly ledger: Pick<Ledger, "unreported" | "setReported">;
  readonly gaps: Pick<Gaps, "open">;
  readonly log: Log;
}

/** Why a gap opens when accepted events are nowhere. */
const UNACCOUNTED = "events unaccounted";

/** As many group ids as an error names; the count beside them tells of more. */
const NAMED = 100;

/**
 * Gives the audit of every source's ledger (docs/invariants.md, I2): each group of events that are nowhere for a minute is told once, as an
 * error and as a gap, so that its records are read again.
 */
export function createLedgerAudit({ registry, ledger, gaps, log }: AuditOptions): () => Promise<void> {
  return async () => {
    for (const { name: source } of await registry.list()) {
      const lost = await ledger.unreported(source);
      if (lost.length === 0) continue;
      const groups = lost.slice(0, NAMED).map(({ group }) => group);
      const events = lost.reduce((sum, one) => sum + one.events, 0);
      log.error({ source, events, groups }, "accepted events are unaccounted for; what changed since is read again");
      await gaps.open(source, UNACCOUNTED, Math.min(...lost.map(({ acceptedMs }) => acceptedMs)));
      await ledger.setReported(source, lost);
    }
  };
}
