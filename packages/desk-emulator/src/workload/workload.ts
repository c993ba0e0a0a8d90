import { createRandom, mixSeed } from "../random.ts";
import type { Store } from "../store/store.ts";
import type { Writes } from "../store/writes.ts";
import { changeKinds, type ChangeKindName } from "./changes.ts";
import type { ChangeDeps } from "./make.ts";

/** What a workload does. */
export interface WorkloadOptions {
  readonly changesPerSecond: number;
  /** Weights by kind; kinds that are not named do not happen. Default: every kind with its own weight. */
  readonly mix?: Partial<Record<ChangeKindName, number>> | undefined;
}

/** Live changes at a steady rate, the same ones for the same seed. */
export interface Workload {
  start(): void;
  stop(): void;
  /** Makes this many changes at once. */
  run(changes: number): void;
  /** Changes made, by kind. */
  counts(): Readonly<Record<string, number>>;
  total(): number;
}

const tickMs = 20;

/** A workload on a store; it does nothing until it is started. */
export function createWorkload(
  deps: { store: Store; writes: Writes; seed: number; now: () => number },
  { changesPerSecond, mix }: WorkloadOptions,
): Workload {
  const random = createRandom(mixSeed(deps.seed, 4242));
  const change: ChangeDeps = { ...deps, random };
  const names = Object.keys(changeKinds) as ChangeKindName[];
  const weights = names.map((name) => (mix === undefined ? changeKinds[name].weight : (mix[name] ?? 0)));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const counts: Record<string, number> = {};
  let total = 0;
  let timer: NodeJS.Timeout | undefined;

  function pick(): ChangeKindName {
    let left = random.next() * sum;
    const index = weights.findIndex((weight) => (left -= weight) < 0);
    return names[index === -1 ? names.length - 1 : index] as ChangeKindName;
  }

  /** Kinds that find nothing to change give way to others, a limited number of times. */
  function one(): void {
    for (let attempt = 0; attempt < 50; attempt += 1) {
      const name = pick();
      if (!changeKinds[name].make(change)) continue;
      counts[name] = (counts[name] ?? 0) + 1;
      total += 1;
      return;
    }
  }

  function run(changes: number): void {
    for (let done = 0; done < changes; done += 1) one();
  }

  function stop(): void {
    clearInterval(timer);
    timer = undefined;
  }

  return {
    run,
    stop,
    start() {
      stop();
      const startedMs = performance.now();
      let made = 0;
      timer = setInterval(() => {
        const due = Math.floor(((performance.now() - startedMs) / 1000) * changesPerSecond);
        run(due - made);
        made = due;
      }, tickMs).unref();
    },
    counts: () => ({ ...counts }),
    total: () => total,
  };
}
