import { PermanentError } from "@deskmirror/model";
import type { Source } from "@deskmirror/model";

/** Words for which no request will be answered before a person authorizes again. */
const REFUSALS: ReadonlySet<string> = new Set([
  // The token endpoint (Zoho Accounts, OAuth): revoked, or the client is gone or has another secret.
  "invalid_code",
  "invalid_client",
  "invalid_client_secret",
  // The API refuses every fresh token (design decision 13).
  "INVALID_OAUTH",
]);

/** Whether an error says that Zoho refuses whatever is asked under the grant: nothing of the table or the record that was asked for. */
export function isRefusal(error: unknown): error is PermanentError {
  return error instanceof PermanentError && REFUSALS.has(error.code);
}

/** A source that remembers whether Zoho refused its grant when it was last asked. */
export interface WatchedSource {
  readonly source: Source;
  /** What Zoho said; null when it answered. */
  readonly refusal: () => string | null;
}

/** Watches the calls of a source that always ask Zoho. */
export function watchGrant(source: Source): WatchedSource {
  let refusal: string | null = null;

  async function watch<T>(answer: Promise<T>): Promise<T> {
    try {
      const value = await answer;
      refusal = null;
      return value;
    } catch (error) {
      if (error instanceof PermanentError) refusal = isRefusal(error) ? error.message : null;
      throw error;
    }
  }

  const { subscriptions } = source;
  return {
    refusal: () => refusal,
    source: {
      ...source,
      organization: (...args) => watch(source.organization(...args)),
      page: (...args) => watch(source.page(...args)),
      get: (...args) => watch(source.get(...args)),
      bin: (...args) => watch(source.bin(...args)),
      subscriptions: {
        ...subscriptions,
        list: (...args) => watch(subscriptions.list(...args)),
        create: (...args) => watch(subscriptions.create(...args)),
        update: (...args) => watch(subscriptions.update(...args)),
        remove: (...args) => watch(subscriptions.remove(...args)),
      },
    },
  };
}
