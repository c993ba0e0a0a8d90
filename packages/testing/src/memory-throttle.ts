import type { Purpose, Throttle, Usage } from "@deskmirror/model";

/** A throttle of one process, and what went through it. */
export interface MemoryThrottle extends Throttle {
  /** Every usage recorded, in order of the answers. */
  readonly usages: readonly (Usage & { readonly purpose: Purpose })[];
}

/** Holds at most `concurrency` sends at once, first come first served, and records what each answer said. */
export function createMemoryThrottle({ concurrency = 8 }: { readonly concurrency?: number } = {}): MemoryThrottle {
  const usages: (Usage & { readonly purpose: Purpose })[] = [];
  const waiting: (() => void)[] = [];
  let free = concurrency;
  return {
    usages,
    async run(purpose, signal, send) {
      if (free > 0) free -= 1;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      try {
        signal.throwIfAborted();
        const { value, usage } = await send();
        usages.push({ ...usage, purpose });
        return value;
      } finally {
        const next = waiting.shift();
        if (next === undefined) free += 1;
        else next();
      }
    },
  };
}
