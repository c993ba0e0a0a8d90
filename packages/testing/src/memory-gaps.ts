import type { Gap } from "@deskmirror/model";
import type { Gaps } from "@deskmirror/redis";

interface OpenGap {
  readonly fromMs: number;
  readonly seenMs: number;
}

const KEEP_CLOSED = 100;
const KEEP_CLOSED_MS = 7 * 86_400_000;

/** Gaps of all processes in one; `now` (ms) tells when one was opened or widened. */
export function createMemoryGaps({ now = Date.now }: { readonly now?: () => number } = {}): Gaps {
  const open = new Map<string, Map<string, OpenGap>>();
  const closed = new Map<string, (Gap & { readonly toMs: number })[]>();

  return {
    async open(source, reason, fromMs) {
      const gaps = open.get(source) ?? new Map<string, OpenGap>();
      open.set(source, gaps);
      const known = gaps.get(reason);
      gaps.set(reason, { fromMs: Math.floor(Math.min(fromMs, known?.fromMs ?? fromMs)), seenMs: now() });
    },
    async close(source, beforeMs) {
      const toMs = Math.floor(beforeMs);
      const gaps = open.get(source) ?? new Map<string, OpenGap>();
      const ended = [...gaps].filter(([, { seenMs }]) => seenMs < toMs);
      for (const [reason] of ended) gaps.delete(reason);
      const more = ended.map(([reason, { fromMs }]) => ({ fromMs, toMs, reason, state: "closed" }) as const);
      closed.set(source, [...more.toReversed(), ...(closed.get(source) ?? [])].slice(0, KEEP_CLOSED));
    },
    async list(source) {
      const sinceMs = now() - KEEP_CLOSED_MS;
      const still = [...(open.get(source) ?? [])].map(([reason, { fromMs }]): Gap => ({
        fromMs,
        toMs: null,
        reason,
        state: "open",
      }));
      const over = (closed.get(source) ?? []).filter(({ toMs }) => toMs >= sinceMs);
      const latest = (left: Gap, right: Gap): number => right.fromMs - left.fromMs;
      return [...still.toSorted(latest), ...over.toSorted(latest)];
    },
  };
}
