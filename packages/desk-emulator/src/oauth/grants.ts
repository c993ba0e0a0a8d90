import { randomBytes } from "node:crypto";
import type { Clock } from "../clock.ts";
import type { Settings } from "../settings.ts";
import type { Stats } from "../stats.ts";

/** Life of an access token in milliseconds (Zoho OAuth, token limits). */
export const accessTokenLifeMs = 3_600_000;
/** Live access tokens of one refresh token. */
export const liveAccessTokens = 10;
/** New access tokens of one refresh token within `tokenWindowMs`. */
export const tokensPerWindow = 10;
/** Length of the window in milliseconds. */
export const tokenWindowMs = 600_000;
/** Refresh tokens of one user and client. */
export const refreshTokensPerUser = 20;

/** A token that calls may carry. */
export interface AccessToken {
  readonly token: string;
  readonly scopes: readonly string[];
  readonly expiresMs: number;
}

interface RefreshToken {
  readonly token: string;
  readonly scopes: readonly string[];
  live: AccessToken[];
  windowStartMs: number;
  windowCount: number;
  requestsMs: number[];
}

/** What asking for a token gives. */
export type Granted =
  | { readonly ok: true; readonly access: AccessToken; readonly refreshToken: string | null }
  | { readonly ok: false; readonly error: "invalid_code" | "too_many" };

/** Codes, refresh tokens and access tokens of the one user and client. */
export interface Grants {
  /** A code as the console generates it for a self client. */
  generateCode(scopes: readonly string[]): string;
  exchange(code: string): Granted;
  refresh(refreshToken: string): Granted;
  /** An access token without a refresh token (client_credentials). */
  issue(scopes: readonly string[]): AccessToken;
  /** Kills a refresh token with its access tokens, or one access token; false when unknown. */
  revoke(token: string): boolean;
  /** The access token a call carries, while it lives. */
  find(token: string): AccessToken | null;
}

function newToken(): string {
  return `1000.${randomBytes(16).toString("hex")}.${randomBytes(16).toString("hex")}`;
}

/** No grants yet. */
export function createGrants(deps: { clock: Clock; settings: Settings; stats: Stats }): Grants {
  const { clock, settings, stats } = deps;
  const codes = new Map<string, { scopes: readonly string[]; createdMs: number }>();
  const refreshTokens = new Map<string, RefreshToken>();
  const accessTokens = new Map<string, AccessToken>();

  function issue(scopes: readonly string[]): AccessToken {
    const access = { token: newToken(), scopes, expiresMs: clock.now() + accessTokenLifeMs };
    accessTokens.set(access.token, access);
    return access;
  }

  function isOverLimit(refresh: RefreshToken): boolean {
    const now = clock.now();
    if (now - refresh.windowStartMs >= tokenWindowMs) {
      refresh.windowStartMs = now;
      refresh.windowCount = 0;
    }
    refresh.windowCount += 1;
    refresh.requestsMs = [...refresh.requestsMs.filter((ms) => ms > now - tokenWindowMs), now];
    stats.tokenRequest(refresh.requestsMs.length);
    return refresh.windowCount > tokensPerWindow;
  }

  function issueFor(refresh: RefreshToken, shown: string | null): Granted {
    if (isOverLimit(refresh)) return { ok: false, error: "too_many" };
    const access = issue(refresh.scopes);
    refresh.live = [...refresh.live.filter((token) => token.expiresMs > clock.now()), access];
    for (const oldest of refresh.live.splice(0, refresh.live.length - liveAccessTokens))
      accessTokens.delete(oldest.token);
    return { ok: true, access, refreshToken: shown };
  }

  function drop(refresh: RefreshToken): void {
    refreshTokens.delete(refresh.token);
    for (const access of refresh.live) accessTokens.delete(access.token);
  }

  function dropOldest(): void {
    const [oldest] = refreshTokens.values();
    if (refreshTokens.size > refreshTokensPerUser && oldest !== undefined) drop(oldest);
  }

  return {
    issue,
    generateCode(scopes) {
      const code = newToken();
      codes.set(code, { scopes, createdMs: clock.now() });
      return code;
    },
    exchange(code) {
      const found = codes.get(code);
      codes.delete(code);
      if (found === undefined || clock.now() - found.createdMs >= settings.codeLifeMs)
        return { ok: false, error: "invalid_code" };
      const refresh: RefreshToken = {
        token: newToken(),
        scopes: found.scopes,
        live: [],
        windowStartMs: clock.now(),
        windowCount: 0,
        requestsMs: [],
      };
      refreshTokens.set(refresh.token, refresh);
      dropOldest();
      return issueFor(refresh, refresh.token);
    },
    refresh(token) {
      const refresh = refreshTokens.get(token);
      return refresh === undefined ? { ok: false, error: "invalid_code" } : issueFor(refresh, null);
    },
    revoke(token) {
      const refresh = refreshTokens.get(token);
      if (refresh === undefined) return accessTokens.delete(token);
      drop(refresh);
      return true;
    },
    find(token) {
      const access = accessTokens.get(token);
      return access !== undefined && access.expiresMs > clock.now() ? access : null;
    },
  };
}
