import type { ObserveEvents } from "./apply.ts";

/** Remembers the lag from event to commit while passing observations on. */
export function createEventLag(next: ObserveEvents): { readonly observe: ObserveEvents; lagMs(): number | null } {
  let lagMs: number | null = null;
  return {
    lagMs: () => lagMs,
    observe: {
      ...next,
      event(type, fate, eventMs) {
        if (eventMs !== null) lagMs = Math.max(0, Date.now() - eventMs);
        next.event(type, fate, eventMs);
      },
    },
  };
}
