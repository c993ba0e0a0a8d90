import { setTimeout as wait } from "node:timers/promises";
import type { AccessToken, Leases, TokenStore } from "@deskmirror/model";

/** Tokens and leases of several "processes" in one: what they share is this object. */
export interface MemoryTokens {
  readonly store: TokenStore;
  readonly leases: Leases;
  /** Leases of one process, kept alive as long as its time goes on. */
  readonly leasesOf: (sleep: Sleep) => Leases;
}

type Sleep = (ms: number) => Promise<void>;

/** Keeps tokens and leases in memory; `now` (ms) decides when a lease ends and when a refresh leaves the ten-minute window. */
export function createMemoryTokens({ now = Date.now }: { readonly now?: () => number } = {}): MemoryTokens {
  const tokens = new Map<string, { readonly token: AccessToken; readonly epoch: number }>();
  const refused = new Set<string>();
  const refreshes = new Map<string, number[]>();
  const held = new Map<string, { readonly epoch: number; readonly untilMs: number }>();
  let epochs = 0;

  function leasesOf(sleep: Sleep): Leases {
    return {
      async acquire(name, { ttlMs, keepAlive }) {
        if ((held.get(name)?.untilMs ?? 0) > now()) return null;
        const epoch = (epochs += 1);
        const lost = new AbortController();
        let isOver = false;
        const hold = (): void => void held.set(name, { epoch, untilMs: now() + ttlMs });
        const isHeld = (): boolean => {
          const known = held.get(name);
          return !lost.signal.aborted && known?.epoch === epoch && known.untilMs > now();
        };
        const look = (): boolean => {
          if (!isHeld()) lost.abort(new Error(`The lease ${name} was lost`));
          return isHeld();
        };
        const watch = async (): Promise<void> => {
          for (let every = keepAlive ? ttlMs / 3 : ttlMs; ;) {
            await sleep(every);
            if (isOver || !look()) return;
            if (keepAlive) hold();
            else every = held.get(name)!.untilMs - now();
          }
        };
        hold();
        void watch();
        return {
          epoch,
          signal: lost.signal,
          async renew() {
            if (look()) hold();
            return isHeld();
          },
          async release() {
            isOver = true;
            if (isHeld()) held.delete(name);
          },
        };
      },
    };
  }

  return {
    store: {
      async read(grant) {
        return tokens.get(grant)?.token ?? null;
      },
      async write(grant, token, { epoch, signal }) {
        if (signal.aborted || (tokens.get(grant)?.epoch ?? 0) > epoch) return false;
        tokens.set(grant, { token, epoch });
        return true;
      },
      async countRefresh(grant) {
        const recent = (refreshes.get(grant) ?? []).filter((at) => at > now() - windowMs);
        const oldest = recent[0];
        if (recent.length >= mostRefreshes && oldest !== undefined) return oldest + windowMs - now();
        refreshes.set(grant, [...recent, now()]);
        return 0;
      },
      async setRefused(grant, isRefused) {
        if (isRefused) refused.add(grant);
        else refused.delete(grant);
      },
      async isRefused(grant) {
        return refused.has(grant);
      },
    },
    leasesOf,
    leases: leasesOf(async (ms) => wait(ms, undefined, { ref: false })),
  };
}

/** Zoho allows ten; two are left for others (design decision 13). */
const mostRefreshes = 8;
const windowMs = 600_000;
