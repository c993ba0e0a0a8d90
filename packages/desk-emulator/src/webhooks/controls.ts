import type { Random } from "../random.ts";
import type { Forgery } from "./signer.ts";

/** Lasting behaviour of the sender. */
export interface SenderRates {
  /** Probability that a delivery is never sent. */
  dropRate: number;
  /** Probability that a delivery is sent twice. */
  duplicateRate: number;
  /** Deliveries leave in random order, each up to `shuffleWindowMs` late. */
  shuffle: boolean;
  shuffleWindowMs: number;
  /** Every delivery leaves this much later. */
  delayMs: number;
}

/** What happens to one delivery. */
export interface Fate {
  readonly drop: boolean;
  readonly double: boolean;
  readonly delayMs: number;
  /** Leaves its lane: order is not kept. */
  readonly shuffled: boolean;
}

/** Test controls of the sender, lasting and for the next deliveries. */
export interface SenderControls {
  set(rates: { readonly [Name in keyof SenderRates]?: SenderRates[Name] | undefined }): void;
  rates(): Readonly<SenderRates>;
  dropNext(count: number): void;
  duplicateNext(count: number): void;
  delayNext(count: number, delayMs: number): void;
  /** Collects the next `count` deliveries and sends them in reverse order. */
  reorderNext(count: number): void;
  /** Sends the next `count` deliveries with a wrong JWT. */
  forgeNext(count: number, forgery: Forgery): void;
  /** Decides about the next delivery; used by the sender. */
  fate(): Fate;
  /** How the next delivery's JWT is wrong; used by the sender. */
  forgery(): Forgery | null;
  /** Whether the next delivery is collected for reversing, and whether the collection is complete; used by the sender. */
  collect(): "no" | "hold" | "release";
}

/** Controls with everything off. */
export function createControls(random: Random): SenderControls {
  const rates: SenderRates = { dropRate: 0, duplicateRate: 0, shuffle: false, shuffleWindowMs: 500, delayMs: 0 };
  const next = { drop: 0, duplicate: 0, delay: 0, delayMs: 0, reorder: 0, forge: 0 };
  let forged: Forgery = "signature";

  function take(name: "drop" | "duplicate" | "delay" | "forge"): boolean {
    if (next[name] <= 0) return false;
    next[name] -= 1;
    return true;
  }

  return {
    set(changed) {
      Object.assign(rates, Object.fromEntries(Object.entries(changed).filter(([, value]) => value !== undefined)));
    },
    rates: () => ({ ...rates }),
    dropNext: (count) => void (next.drop += count),
    duplicateNext: (count) => void (next.duplicate += count),
    delayNext(count, delayMs) {
      next.delay += count;
      next.delayMs = delayMs;
    },
    reorderNext: (count) => void (next.reorder += count),
    forgeNext(count, forgery) {
      next.forge += count;
      forged = forgery;
    },
    fate() {
      const drop = take("drop") || random.chance(rates.dropRate);
      const double = take("duplicate") || random.chance(rates.duplicateRate);
      const delayed = take("delay") ? next.delayMs : rates.delayMs;
      const delayMs = delayed + (rates.shuffle ? random.int(rates.shuffleWindowMs) : 0);
      return { drop, double, delayMs, shuffled: rates.shuffle };
    },
    forgery: () => (take("forge") ? forged : null),
    collect() {
      if (next.reorder === 0) return "no";
      next.reorder -= 1;
      return next.reorder === 0 ? "release" : "hold";
    },
  };
}
