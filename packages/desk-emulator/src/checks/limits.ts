import type { Clock } from "../clock.ts";
import { DeskError } from "../errors.ts";
import type { Settings } from "../settings.ts";
import type { Stats } from "../stats.ts";

/** Editions of Zoho Desk. */
export const editions = ["free", "express", "standard", "professional", "enterprise", "ultimate"] as const;

/** One edition. */
export type Edition = (typeof editions)[number];

/** Credits a day, calls at once and enabled webhooks of an edition. */
export interface EditionLimits {
  readonly credits: number;
  readonly creditsPerUser: number;
  readonly concurrency: number;
  readonly webhooks: number;
}

/** Limits by edition (help.zoho.com "API credits"; Zoho Desk WebhookDocument). */
export const editionLimits: Readonly<Record<Edition, EditionLimits>> = {
  free: { credits: 5_000, creditsPerUser: 0, concurrency: 5, webhooks: 0 },
  express: { credits: 25_000, creditsPerUser: 100, concurrency: 10, webhooks: 0 },
  standard: { credits: 50_000, creditsPerUser: 250, concurrency: 10, webhooks: 0 },
  professional: { credits: 75_000, creditsPerUser: 500, concurrency: 15, webhooks: 5 },
  enterprise: { credits: 100_000, creditsPerUser: 1_000, concurrency: 25, webhooks: 10 },
  ultimate: { credits: 100_000, creditsPerUser: 1_000, concurrency: 25, webhooks: 20 },
};

/** The portal's limits: calls at once, and credits of the day. */
export interface Limits {
  /** Takes a place among the calls in flight; 429 TOO_MANY_REQUESTS when none is free. */
  enter(): void;
  leave(): void;
  /** Spends credits; 429 THRESHOLD_EXCEEDED when the day's are used up. */
  spend(weight: number): void;
  remaining(): number;
  setDailyCredits(credits: number): void;
  setConcurrency(calls: number): void;
}

/** The 429 of too many calls at once: no Retry-After. A forced one is no breach of the client. */
export function tooManyRequests(forced = false): DeskError {
  const message = "You have made too many requests at once. Please try again after some time.";
  return new DeskError(429, "TOO_MANY_REQUESTS", message, forced ? {} : { breach: "concurrency" });
}

/** The 429 of a used-up day, with the seconds until the reset. */
export function thresholdExceeded(retryAfterSeconds: number, forced = false): DeskError {
  return new DeskError(429, "THRESHOLD_EXCEEDED", "The daily API credits of your portal are used up.", {
    headers: { "Retry-After": String(retryAfterSeconds) },
    ...(forced ? {} : { breach: "credits" as const }),
  });
}

const dayMs = 86_400_000;

/** Seconds until the credit day ends. */
export function secondsToReset(now: number, settings: Settings): number {
  const local = now + settings.creditDayOffsetMinutes * 60_000;
  const seconds = Math.ceil((dayMs - (local % dayMs)) / 1000);
  return Math.min(seconds, settings.maxRetryAfterSeconds ?? Infinity);
}

/** What the limits work with. */
export interface LimitsDeps {
  readonly clock: Clock;
  readonly settings: Settings;
  readonly stats: Stats;
  readonly dailyCredits: number;
  readonly concurrency: number;
}

/** Limits with a fresh day. */
export function createLimits({ clock, settings, stats, ...start }: LimitsDeps): Limits {
  let { dailyCredits, concurrency } = start;
  let inFlight = 0;
  let day = -1;
  let spent = 0;

  function today(): void {
    const current = Math.floor((clock.now() + settings.creditDayOffsetMinutes * 60_000) / dayMs);
    if (current === day) return;
    day = current;
    spent = 0;
  }

  function remaining(): number {
    today();
    return Math.max(0, dailyCredits - spent);
  }

  return {
    remaining,
    enter() {
      if (inFlight >= concurrency) throw tooManyRequests();
      inFlight += 1;
      stats.concurrent(inFlight);
    },
    leave() {
      inFlight -= 1;
    },
    spend(weight) {
      if (remaining() < weight) throw thresholdExceeded(secondsToReset(clock.now(), settings));
      spent += weight;
      stats.credits(weight);
    },
    setDailyCredits(credits) {
      dailyCredits = credits;
    },
    setConcurrency(calls) {
      concurrency = calls;
    },
  };
}
