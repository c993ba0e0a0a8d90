import type { Cost } from "@deskmirror/model";
import type { ListSpec } from "../streams/spec.ts";
import { LAST_OFFSET } from "./list-step.ts";
import { toParts } from "./plan.ts";

/** Nothing spent. */
export const NO_COST: Cost = { calls: 0, credits: 0 };

/** A GET by id, or a count (Zoho Desk API, credits). */
export const GET_COST: Cost = { calls: 1, credits: 1 };

/** Credits of a list or search by its offset (Zoho Desk API, credits). */
export function pageCredits(from: number): number {
  if (from <= 2_000) return 3;
  if (from <= 10_000) return 5;
  if (from <= 50_000) return 10;
  return from <= 100_000 ? 50 : 100;
}

/** Several costs together. */
export function addCosts(...costs: readonly Cost[]): Cost {
  const add = (sum: Cost, { calls, credits }: Cost): Cost => ({
    calls: sum.calls + calls,
    credits: sum.credits + credits,
  });
  return costs.reduce(add, NO_COST);
}

/** The same cost several times over. */
export function timesCost({ calls, credits }: Cost, times: number): Cost {
  return { calls: calls * times, credits: credits * times };
}

/** What the pages of a search cost that shows `rows` records: by key, so every page is at offset 0 and repeats a row of the one before. */
export function searchCost(rows: number, limit: number): Cost {
  const parts = toParts(rows);
  const pages =
    parts === 1
      ? 1 + Math.max(0, Math.ceil((rows - limit) / (limit - 1)))
      : // Parts are not equally full: each ends in half a page.
        Math.ceil(rows / (limit - 1) + parts / 2);
  return timesCost({ calls: 1, credits: pageCredits(0) }, pages);
}

/** What a list of `rows` records costs: pages overlap by a row, and without a stable order several are read twice. */
export function listCost({ limit, order }: Pick<ListSpec, "limit" | "order">, rows: number): Cost {
  const first = { calls: 1, credits: pageCredits(0) };
  if (limit === null || rows < limit) return first;
  const step = limit - 1;
  const oneWay = Math.floor(LAST_OFFSET / step) + 1;
  const isOrdered = order !== undefined;
  const pages = Math.min(Math.floor((rows - limit) / step) + 2, isOrdered ? 2 * oneWay : oneWay);
  // Beyond the last offset the list is read from its other end, from 0 again.
  const costs = Array.from({ length: pages }, (_, page) => ({
    calls: 1,
    credits: pageCredits((page % oneWay) * step),
  }));
  return timesCost(addCosts(...costs), isOrdered ? 1 : 2);
}
