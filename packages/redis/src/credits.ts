import type { Credits } from "@deskmirror/model";
import { z } from "zod";
import { DEFAULT_WEIGHT } from "./throttle-scripts.ts";

const count = z.coerce.number();
const stateSchema = z.object({
  remaining: count.nullable().default(null),
  highest: count.nullable().default(null),
  heaviest: count.default(DEFAULT_WEIGHT),
  probeAt: count.default(0),
  stoppedUntil: count.default(0),
  "spent:live": count.default(0),
  "spent:heal": count.default(0),
  "spent:reconcile": count.default(0),
  "spent:pull": count.default(0),
});

/** What a throttle's state says of the day's credits. */
export function toCredits(
  fields: Readonly<Record<string, string>>,
  { reserve, dailyLimit }: { readonly reserve: number; readonly dailyLimit: number | null },
  nowMs: number,
): Credits {
  const state = stateSchema.parse(fields);
  const limit = dailyLimit ?? state.highest;
  const isReached = state.remaining !== null && limit !== null && state.remaining - state.heaviest < reserve * limit;
  const untilMs = Math.max(isReached ? state.probeAt : 0, state.stoppedUntil);
  return {
    limit,
    remaining: state.remaining,
    reserve,
    spentToday: {
      live: state["spent:live"],
      heal: state["spent:heal"],
      reconcile: state["spent:reconcile"],
      pull: state["spent:pull"],
    },
    waitUntilMs: untilMs > nowMs ? untilMs : null,
  };
}
