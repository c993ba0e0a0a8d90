import type { Estimate } from "@deskmirror/model";
import { READINGS_AT_ONCE } from "./pull.ts";
import { DETAILS_AT_ONCE } from "./questions.ts";

/** What reading a table whole would take. */
export interface TablePlan {
  readonly name: string;
  /** Null when nothing tells how many there are. */
  readonly rows: number | null;
  readonly calls: number;
  readonly credits: number;
  readonly seconds: number;
}

/** What a full pull would take, details included. */
export interface Plan {
  readonly tables: readonly TablePlan[];
  readonly credits: number;
  readonly seconds: number;
}

/** How requests are made. */
export interface Pace {
  /** Requests at once, over all processes. */
  readonly concurrency: number;
  /** How long one takes, in ms. */
  readonly latencyMs: number;
}

/** A table to plan. */
export interface Planned {
  readonly name: string;
  readonly parent: string | null;
  readonly estimate: Estimate;
}

/** Adds up estimates, parents first. A table takes as long as if it were pulled alone, after its parent; all together share the requests. */
export function toPlan(planned: readonly Planned[], { concurrency, latencyMs }: Pace): Plan {
  const seconds = (calls: number, atOnce: number): number =>
    (calls * latencyMs) / 1_000 / Math.max(1, Math.min(atOnce, concurrency));
  const endOfListing = new Map<string, number>();
  const tables = planned.map(({ name, parent, estimate }): TablePlan => {
    const { rows, listing, detail, readings } = estimate;
    const own = seconds(listing.calls, Math.min(READINGS_AT_ONCE, readings));
    endOfListing.set(name, own + (endOfListing.get(parent ?? "") ?? 0));
    return {
      name,
      rows,
      calls: listing.calls + detail.calls,
      credits: listing.credits + detail.credits,
      seconds: round(own + seconds(detail.calls, DETAILS_AT_ONCE)),
    };
  });
  const sum = (of: (one: Planned) => number): number => planned.reduce((total, one) => total + of(one), 0);
  const longest = Math.max(
    0,
    ...endOfListing.values(),
    // Details of all tables stand in one queue.
    seconds(
      sum(({ estimate }) => estimate.detail.calls),
      DETAILS_AT_ONCE,
    ),
    seconds(
      sum(({ estimate }) => estimate.listing.calls + estimate.detail.calls),
      concurrency,
    ),
  );
  return { tables, credits: tables.reduce((total, { credits }) => total + credits, 0), seconds: round(longest) };
}

/** To a tenth of a second, up. */
function round(seconds: number): number {
  return Math.ceil(seconds * 10) / 10;
}
