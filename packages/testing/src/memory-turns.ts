import type { Turns } from "@deskmirror/redis";

interface Turn {
  readonly id: string;
  readonly atMs: number;
}

const WINDOW_MS = 60_000;

/** Turns of all processes in one, at most `limit` within any minute of `now` (ms). */
export function createMemoryTurns({ limit, now = Date.now }: { limit: number; now?: () => number }): Turns {
  const sources = new Map<string, readonly Turn[]>();
  return {
    async waitMs(source, { id, size }) {
      const nowMs = now();
      const turns = (sources.get(source) ?? []).filter(({ atMs }) => atMs > nowMs - WINDOW_MS);
      const known = turns.find((turn) => turn.id === id);
      if (known !== undefined) return Math.max(0, known.atMs - nowMs);
      const taken = Math.min(size, limit);
      const before = turns.at(-(limit - taken + 1));
      const last = turns.at(-1);
      const atMs = Math.max(nowMs, last?.atMs ?? 0, before === undefined ? 0 : before.atMs + WINDOW_MS);
      sources.set(source, [...turns, ...Array.from({ length: taken }, () => ({ id, atMs }))]);
      return atMs - nowMs;
    },
  };
}
