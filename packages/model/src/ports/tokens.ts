/** A time-limited exclusive right. Its epoch grows with every holder, so that a late one can be refused. */
export interface Lease {
  readonly epoch: number;
  /** Aborted when the lease is lost. */
  readonly signal: AbortSignal;
  /** Whether it was still held and is now held for the full time again. */
  renew(): Promise<boolean>;
  release(): Promise<void>;
}

/** Leases by name, shared by all processes. */
export interface Leases {
  /** Null while somebody else holds it. Kept alive until released when `keepAlive` is true. */
  acquire(name: string, options: { readonly ttlMs: number; readonly keepAlive: boolean }): Promise<Lease | null>;
}

/** An access token and when it ends (ms). */
export interface AccessToken {
  readonly token: string;
  readonly expiresMs: number;
}

/** The one access token of each grant, shared by all processes and by copies of a source (docs/invariants.md, I10). */
export interface TokenStore {
  /** Null when there is none. `grant` is a hash of the refresh token. */
  read(grant: string): Promise<AccessToken | null>;
  /** False, and nothing written, when the lease is not the newest. */
  write(grant: string, token: AccessToken, lease: Lease): Promise<boolean>;
  /** Counts a refresh in the grant's ten-minute window; the ms to wait when the window is full, else 0. */
  countRefresh(grant: string): Promise<number>;
  /** Remembers that Zoho refused the grant for good, or forgets it. */
  setRefused(grant: string, refused: boolean): Promise<void>;
  isRefused(grant: string): Promise<boolean>;
}
