import type { AccessToken, Leases, TokenStore } from "@deskmirror/model";

/** Tokens and leases of several "processes" in one: what they share is this object. */
export interface MemoryTokens {
  readonly store: TokenStore;
  readonly leases: Leases;
}

/** Keeps tokens and leases in memory; `now` (ms) decides when a lease ends and when a refresh leaves the ten-minute window. */
export function createMemoryTokens({ now = Date.now }: { readonly now?: () => number } = {}): MemoryTokens {
  const tokens = new Map<string, { readonly token: AccessToken; readonly epoch: number }>();
  const refused = new Set<string>();
  const refreshes = new Map<string, number[]>();
  const held = new Map<string, { readonly epoch: number; readonly untilMs: number }>();
  let epochs = 0;

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
    leases: {
      async acquire(name, { ttlMs }) {
        if ((held.get(name)?.untilMs ?? 0) > now()) return null;
        const epoch = (epochs += 1);
        held.set(name, { epoch, untilMs: now() + ttlMs });
        const isHeld = (): boolean => held.get(name)?.epoch === epoch;
        return {
          epoch,
          signal: new AbortController().signal,
          async renew() {
            if (isHeld()) held.set(name, { epoch, untilMs: now() + ttlMs });
            return isHeld();
          },
          async release() {
            if (isHeld()) held.delete(name);
          },
        };
      },
    },
  };
}

/** Zoho allows ten; two are left for others (design decision 13). */
const mostRefreshes = 8;
const windowMs = 600_000;
