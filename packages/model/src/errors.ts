interface ErrorDetails {
  readonly cause?: unknown;
  /** Zoho's or our own short code, e.g. `SCOPE_MISMATCH`. */
  readonly code?: string;
}

/** The same step may succeed later: retry it, not before `retryAfterMs` when given. */
export class TransientError extends Error {
  override readonly name: string = "TransientError";
  readonly code: string;
  readonly retryAfterMs: number | null;

  constructor(message: string, details: ErrorDetails & { readonly retryAfterMs?: number } = {}) {
    super(message, { cause: details.cause });
    this.code = details.code ?? "TRANSIENT";
    this.retryAfterMs = details.retryAfterMs ?? null;
  }
}

/** The same step never succeeds as it is: set it aside for a person. */
export class PermanentError extends Error {
  override readonly name: string = "PermanentError";
  readonly code: string;

  constructor(message: string, details: ErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.code = details.code ?? "PERMANENT";
  }
}

/** Settings are wrong: refuse to start; the message names the setting and its mend. */
export class ConfigError extends Error {
  override readonly name: string = "ConfigError";
}

/** A write was refused because a newer lease holder has taken over; stop this work, someone else does it. */
export class FencedError extends Error {
  override readonly name: string = "FencedError";
}

/** No request may be sent before `retryAfterMs`: the day's credits have reached the reserve. */
export class CreditsError extends TransientError {
  override readonly name = "CreditsError";
}

/** Turns whatever was thrown into an Error. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
