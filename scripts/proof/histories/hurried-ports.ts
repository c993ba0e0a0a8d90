import { TransientError } from "@deskmirror/model";
import type { Leases, TokenStore } from "@deskmirror/model";
import type { DeliveryWorkerOptions, DueSet, Gaps, Turns } from "@deskmirror/redis";
import type { Time } from "@deskmirror/runtime";
import { toHistoryMs, toServersMs } from "./paced-time.ts";

const REFRESH_WINDOW_MS = 600_000;

/** Leases that end as early on a server as they do in a history. */
export function hurryLeases(leases: Leases): Leases {
  return {
    acquire: (name, { ttlMs, keepAlive }) => leases.acquire(name, { ttlMs: toServersMs(ttlMs), keepAlive }),
  };
}

/** Claims that end as early. */
export function hurryDueSet(due: DueSet): DueSet {
  return { ...due, claim: (source, limit, ttlMs) => due.claim(source, limit, toServersMs(ttlMs)) };
}

/** Gaps whose closing is told in a history's time, and compared with the server's. */
export function hurryGaps(gaps: Gaps, { now }: Time): Gaps {
  return { ...gaps, close: (source, beforeMs) => gaps.close(source, Date.now() - toServersMs(now() - beforeMs)) };
}

/** Turns that come as early. */
export function hurryTurns(turns: Turns): Turns {
  return { waitMs: async (source, work) => toHistoryMs(await turns.waitMs(source, work)) };
}

/** Refreshes counted in each ten minutes of a history, which a server takes for an hour and a half. */
export function hurryTokens(tokens: TokenStore, { now }: Time): TokenStore {
  return {
    ...tokens,
    async countRefresh(grant) {
      const window = Math.floor(now() / REFRESH_WINDOW_MS);
      const isFull = (await tokens.countRefresh(`${grant}@${window}`)) > 0;
      return isFull ? (window + 1) * REFRESH_WINDOW_MS - now() : 0;
    },
  };
}

/** Applying whose own waits are as short. */
export function hurryApply(apply: DeliveryWorkerOptions["apply"]): DeliveryWorkerOptions["apply"] {
  return async (group, how) => {
    try {
      return await apply(group, how);
    } catch (error) {
      if (!(error instanceof TransientError) || error.retryAfterMs === null) throw error;
      const retryAfterMs = toServersMs(error.retryAfterMs);
      throw new TransientError(error.message, { code: error.code, cause: error, retryAfterMs });
    }
  };
}
