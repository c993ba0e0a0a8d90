import type { RequestOptions, Source, ThrottleSettings } from "@deskmirror/model";
import type { ThrottleLimits } from "@deskmirror/redis";

/** Calls at once while the edition is unknown: below every edition's limit. */
const UNKNOWN_CONCURRENCY = 3;

/** Calls of the edition's limit that are left to the customer's other tools. */
const SPARE_CALLS = 2;

/** What a person set, else what the organization's edition allows once that is known. */
export function createLimits({ concurrency, reserve, dailyCredits }: ThrottleSettings): {
  readonly current: () => ThrottleLimits;
  readonly learn: (source: Source, options: RequestOptions) => Promise<void>;
} {
  let limits: ThrottleLimits = { concurrency: concurrency ?? UNKNOWN_CONCURRENCY, reserve, dailyLimit: dailyCredits };
  return {
    current: () => limits,
    async learn(source, options) {
      const edition = await source.organization(options);
      if (concurrency === null && edition.concurrency !== null) {
        limits = { ...limits, concurrency: Math.max(1, edition.concurrency - SPARE_CALLS) };
      }
    },
  };
}
