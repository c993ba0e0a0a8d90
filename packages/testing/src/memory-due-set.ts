import type { Children, Due, DueSet } from "@deskmirror/redis";

interface Entry {
  readonly due: Due;
  claimedUntilMs: number;
}

/** Due work of all processes in one; `now` (ms) decides when a claim ends. */
export function createMemoryDueSet({ now = Date.now }: { readonly now?: () => number } = {}): DueSet {
  const sources = new Map<string, Map<string, Entry>>();
  const lost = new Map<string, number>();

  function entriesOf(source: string): Map<string, Entry> {
    let entries = sources.get(source);
    if (entries === undefined) sources.set(source, (entries = new Map()));
    return entries;
  }

  return {
    async add(source, all) {
      const entries = entriesOf(source);
      for (const children of all) {
        const known = entries.get(toName(children));
        const dueMs = Math.max(now(), (known?.due.dueMs ?? 0) + 1);
        entries.set(toName(children), { claimedUntilMs: known?.claimedUntilMs ?? 0, due: { ...children, dueMs } });
      }
    },
    async claim(source, limit, ttlMs) {
      const free = [...entriesOf(source).values()].filter(({ claimedUntilMs }) => claimedUntilMs <= now());
      const taken = free.toSorted((left, right) => right.due.dueMs - left.due.dueMs).slice(0, limit);
      for (const entry of taken) entry.claimedUntilMs = now() + ttlMs;
      return taken.map(({ due }) => due);
    },
    async done(source, due) {
      const entries = entriesOf(source);
      const known = entries.get(toName(due));
      if (known === undefined) return;
      if (known.due.dueMs === due.dueMs) entries.delete(toName(due));
      else known.claimedUntilMs = 0;
    },
    size: async (source) => entriesOf(source).size,
    async oldestMs(source) {
      const times = [...entriesOf(source).values()].map(({ due }) => due.dueMs);
      const oldestMs = Math.min(...times, lost.get(source) ?? Infinity);
      return oldestMs === Infinity ? null : oldestMs;
    },
    async lose(source, sinceMs) {
      lost.set(source, Math.min(lost.get(source) ?? Infinity, Math.floor(sinceMs)));
    },
    lostSinceMs: async (source) => lost.get(source) ?? null,
    async found(source, sinceMs) {
      if (lost.get(source) === sinceMs) lost.delete(source);
    },
  };
}

function toName({ stream, parentKey }: Children): string {
  return `${stream} ${parentKey}`;
}
