import { PermanentError, TransientError } from "@deskmirror/model";
import type { AccessToken, Lease, Leases, TokenStore } from "@deskmirror/model";

/** The one access token of a grant. Errors: PermanentError when the grant is refused for good, TransientError else. */
export interface TokenProvider {
  /** A token that is good for another minute at least. */
  token(signal: AbortSignal): Promise<string>;
  /** Zoho refused this token: the next one is another, refreshed only if this was still the current one. */
  invalidate(token: string): void;
}

/** A provider that can also show whether the grant still gives tokens. */
export interface RenewableTokens extends TokenProvider {
  /** Asks for a new token although the present one may be good; one of the few of ten minutes. Errors as `token`. */
  renew(signal: AbortSignal): Promise<void>;
}

/** What a token provider is made of. */
export interface TokenProviderOptions {
  /** Hash of the refresh token: `toGrantId`. */
  readonly grant: string;
  readonly store: TokenStore;
  readonly leases: Leases;
  /** Asks Zoho for a new access token; PermanentError with code `invalid_code` when the grant is dead. */
  readonly refresh: () => Promise<AccessToken>;
  readonly sleep: (ms: number) => Promise<void>;
  readonly now: () => number;
}

/** A lease outlives the request made under it three times. */
export const TOKEN_LEASE_MS = 30_000;

/** The code of an error that says when the next refresh is allowed. */
export const WINDOW_USED_UP = "REFRESH_WINDOW";

const spareMs = 60_000;
const pollMs = 200;
const patienceMs = 2 * TOKEN_LEASE_MS;

/**
 * One refresh at a time: in this process by sharing the promise, between processes by a lease whose epoch every write checks
 * (design decision 13; docs/invariants.md, I10).
 */
export function createTokenProvider(options: TokenProviderOptions): RenewableTokens {
  const { grant, store, leases, refresh, sleep, now } = options;
  let current: AccessToken | null = null;
  let refused: string | null = null;
  let running: Promise<AccessToken> | null = null;

  function isGood(token: AccessToken | null): token is AccessToken {
    return isCurrent(token) && token.token !== refused;
  }

  function isCurrent(token: AccessToken | null): token is AccessToken {
    return token !== null && token.expiresMs - now() > spareMs;
  }

  async function refreshUnder(lease: Lease): Promise<AccessToken | null> {
    const stored = await store.read(grant);
    if (isGood(stored)) return stored;
    try {
      return await renewUnder(lease);
    } catch (error) {
      if (!isWindowUsedUp(error) || !isCurrent(stored)) throw error;
      // Refused once is not refused for good: whether Zoho takes it again, only a request tells.
      refused = null;
      return stored;
    }
  }

  async function renewUnder(lease: Lease): Promise<AccessToken | null> {
    const waitMs = await store.countRefresh(grant);
    if (waitMs > 0) {
      throw new TransientError("the refreshes Zoho allows in ten minutes are used up", {
        code: WINDOW_USED_UP,
        retryAfterMs: waitMs,
      });
    }
    try {
      const token = await refresh();
      return (await store.write(grant, token, lease)) ? token : null;
    } catch (error) {
      if (isDead(error)) await store.setRefused(grant, true);
      throw error;
    }
  }

  async function stored(): Promise<AccessToken | null> {
    const known = await store.read(grant);
    if (isGood(known)) return known;
    if (await store.isRefused(grant)) throw refusedGrant();
    return null;
  }

  /** What `look` finds, else what `ask` gets under the lease. */
  async function obtain(
    look: () => Promise<AccessToken | null>,
    ask: (lease: Lease) => Promise<AccessToken | null>,
  ): Promise<AccessToken> {
    for (let waitedMs = 0; waitedMs < patienceMs; waitedMs += pollMs) {
      const known = await look();
      if (known !== null) return known;
      const lease = await leases.acquire(`token:${grant}`, { ttlMs: TOKEN_LEASE_MS, keepAlive: false });
      if (lease === null) {
        await sleep(pollMs);
        continue;
      }
      try {
        const token = await ask(lease);
        if (token !== null) return token;
      } finally {
        await lease.release();
      }
    }
    throw new TransientError("another process has been refreshing the access token for too long", {
      code: "TOKEN_LEASE",
    });
  }

  return {
    async token(signal) {
      if (isGood(current)) return current.token;
      // Shared by all callers, so one caller's abort must not end it: its own time-outs do.
      running ??= obtain(stored, refreshUnder).finally(() => (running = null));
      current = await abortable(running, signal);
      return current.token;
    },
    async renew(signal) {
      current = await abortable(
        obtain(async () => null, renewUnder),
        signal,
      );
      await store.setRefused(grant, false);
    },
    invalidate(token) {
      if (current !== null && current.token !== token) return;
      refused = token;
      current = null;
    },
  };
}

function isWindowUsedUp(error: unknown): boolean {
  return error instanceof TransientError && error.code === WINDOW_USED_UP;
}

function isDead(error: unknown): boolean {
  return error instanceof PermanentError && error.code === "invalid_code";
}

function refusedGrant(): PermanentError {
  return new PermanentError("Zoho refused this grant for good: generate a new code and authorize the source again", {
    code: "invalid_code",
  });
}

function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
