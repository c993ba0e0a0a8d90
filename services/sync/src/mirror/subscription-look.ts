import { CreditsError, PermanentError, toError } from "@deskmirror/model";
import type { SubscriptionLook } from "@deskmirror/redis";
import type { SubscriptionFault, SubscriptionVerdict } from "./subscription.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** The code of an edition's limit. */
const LIMITED = "LICENSE_ACCESS_LIMITED";

/** What a fault that was not repaired means for who waits for events. */
const STATES: Readonly<Record<SubscriptionFault, SubscriptionLook["state"]>> = {
  missing: "missing",
  disabled: "disabled",
  moved: "missing",
  "lacked events": "active",
};

/** The look at a subscription that is as it should be: the next one is a day away. */
export function toGoodLook(
  look: Pick<SubscriptionLook, "events" | "sinceMs"> & { readonly goodMs: number },
): SubscriptionLook {
  return { ...look, state: "active", message: null, failures: 0, nextMs: look.goodMs + DAY_MS };
}

/** What a look came to that failed. */
export interface FailedLook {
  /** The look before. */
  readonly known: SubscriptionLook | null;
  /** Null when Zoho did not even list the subscriptions. */
  readonly verdict: SubscriptionVerdict | null;
  readonly events: readonly string[];
  readonly nowMs: number;
}

/**
 * The look that failed, and when to look again: soon, then after 4, 16 and at most 60 minutes; an edition's limit is asked of once a day,
 * since only a person changes it.
 */
export function toFailedLook(thrown: unknown, { known, verdict, events, nowMs }: FailedLook): SubscriptionLook {
  const error = toError(thrown);
  const isLimited = error instanceof PermanentError && error.code === LIMITED;
  const failures = (known?.failures ?? 0) + 1;
  const backoffMs = Math.min(HOUR_MS, MINUTE_MS * 4 ** (failures - 1));
  const waitMs = error instanceof CreditsError ? Math.min(DAY_MS, error.retryAfterMs ?? MINUTE_MS) : backoffMs;
  return {
    state: isLimited ? "unavailable" : stateOf(error, verdict),
    message: error.message,
    events: [...events],
    goodMs: known?.goodMs ?? null,
    sinceMs: known?.sinceMs ?? 0,
    failures,
    nextMs: nowMs + (isLimited ? DAY_MS : waitMs),
  };
}

function stateOf(error: Error, verdict: SubscriptionVerdict | null): SubscriptionLook["state"] {
  if (verdict !== null) return verdict.fault === null ? "active" : STATES[verdict.fault];
  return error instanceof PermanentError ? "unavailable" : "unknown";
}
