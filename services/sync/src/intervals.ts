import type { DataSource } from "@deskmirror/model";
import type { Intervals } from "./mirror/due-work.ts";

/** The intervals of the environment. */
export interface IntervalSettings {
  readonly RECONCILE_SECONDS: number;
  readonly COMPARE_SECONDS: number;
  readonly SWEEP_HOURS: number;
}

/** A source's own intervals, else those of the environment, in ms. */
export function toIntervals(env: IntervalSettings, source: DataSource): Intervals {
  return {
    reconcileMs: (source.reconcileSeconds ?? env.RECONCILE_SECONDS) * 1_000,
    compareMs: (source.compareSeconds ?? env.COMPARE_SECONDS) * 1_000,
    sweepMs: (source.sweepHours ?? env.SWEEP_HOURS) * 3_600_000,
  };
}
