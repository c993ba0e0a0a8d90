import { TransientError, toError } from "@deskmirror/model";
import type { Delivery, DeliveryGroup, Settlement } from "@deskmirror/model";
import type { DeliveryQueue, DeliveryWorker, DeliveryWorkerOptions, Ledger } from "@deskmirror/redis";
import type { Time } from "@deskmirror/runtime";

/** The queue of deliveries of all processes in one, and the ledger of what became of them. */
export interface MemoryDeliveries {
  readonly queue: Pick<DeliveryQueue, "add">;
  /** A worker of one process: with that process's time it ends too. */
  readonly createWorker: (options: WorkerOptions) => DeliveryWorker;
  readonly ledger: Pick<Ledger, "counts" | "lastReceivedMs">;
  /** Groups that were stored and are not settled. */
  readonly waiting: () => number;
  /** Where the events of every settled group went, by the group's id. */
  readonly settled: ReadonlyMap<string, Settlement>;
}

type WorkerOptions = Pick<DeliveryWorkerOptions, "apply" | "concurrency"> & { readonly time: Time };

interface Job {
  readonly group: DeliveryGroup;
  /** Whose lock is on it; null while it waits. */
  holder: object | null;
  lockedUntilMs: number;
  notBeforeMs: number;
  tries: number;
  stalledTimes: number;
}

const LOCK_MS = 15_000;
const CHECK_MS = 5_000;
const RETRY_MS = 1_000;
const RETRY_CAP_MS = 15_000;

/** A queue that loses nothing while this object lives; `now` (ms) decides when a lock ends. */
export function createMemoryDeliveries({ now = Date.now }: { readonly now?: () => number } = {}): MemoryDeliveries {
  const jobs = new Map<string, Job>();
  const settled = new Map<string, Settlement>();
  const wakes = new Set<() => void>();
  const stored = new Map<string, DeliveryGroup>();

  function deliveriesOf(source: string): readonly Delivery[] {
    return [...stored.values()].filter((group) => group.source === source).flatMap(({ deliveries }) => deliveries);
  }

  function take(holder: object): Job | undefined {
    const job = jobs.values().find((one) => one.holder === null && one.notBeforeMs <= now());
    if (job === undefined) return undefined;
    job.holder = holder;
    job.lockedUntilMs = now() + LOCK_MS;
    job.tries += 1;
    return job;
  }

  /** Gives jobs whose holder died back to the queue. */
  function releaseStalled(): void {
    for (const job of jobs.values()) {
      if (job.holder === null || job.lockedUntilMs > now()) continue;
      job.holder = null;
      job.stalledTimes += 1;
    }
  }

  function createWorker({ apply, concurrency = 16, time }: WorkerOptions): DeliveryWorker {
    const me = {};
    const inWork = new Set<Promise<void>>();
    const life = { state: "idle" as DeliveryWorker["state"] };

    /** Work begins after a wait of this process's time: one that is dead takes nothing. */
    const wake = (): void => void time.sleep(0).then(pump);

    function pump(): void {
      while (life.state === "running" && inWork.size < concurrency) {
        const job = take(me);
        if (job === undefined) return;
        const working = work(job).finally(() => {
          inWork.delete(working);
          wake();
        });
        inWork.add(working);
      }
    }

    async function work(job: Job): Promise<void> {
      const { group, stalledTimes } = job;
      try {
        const settlement = await apply(group, { stalledTimes, signal: new AbortController().signal });
        if (!settled.has(group.id)) settled.set(group.id, settlement);
        jobs.delete(group.id);
      } catch (thrown) {
        if (job.holder !== me) return;
        const error = toError(thrown);
        const delayMs = Math.min(RETRY_CAP_MS, RETRY_MS * 2 ** (job.tries - 1));
        const waitMs = Math.max(delayMs, (error instanceof TransientError ? error.retryAfterMs : null) ?? 0);
        job.holder = null;
        job.notBeforeMs = now() + waitMs;
        void time.sleep(waitMs).then(wake);
      }
    }

    async function keepLocks(): Promise<void> {
      while (life.state !== "closed") {
        for (const job of jobs.values()) if (job.holder === me) job.lockedUntilMs = now() + LOCK_MS;
        releaseStalled();
        pump();
        await time.sleep(CHECK_MS);
      }
    }

    return {
      get state() {
        return life.state;
      },
      start() {
        if (life.state === "idle") life.state = "running";
        wakes.add(wake);
        void keepLocks();
      },
      async pause() {
        life.state = "paused";
        await Promise.allSettled(inWork);
      },
      resume() {
        if (life.state === "paused") life.state = "running";
        wake();
      },
      async close() {
        life.state = "closed";
        wakes.delete(wake);
        await Promise.allSettled(inWork);
      },
    };
  }

  return {
    queue: {
      async add(group) {
        if (jobs.has(group.id)) return;
        stored.set(group.id, group);
        jobs.set(group.id, {
          group,
          holder: null,
          lockedUntilMs: 0,
          notBeforeMs: 0,
          tries: 0,
          stalledTimes: 0,
        });
        for (const wake of wakes) wake();
      },
    },
    createWorker,
    ledger: {
      async counts(source) {
        const counts = { applied: 0, superseded: 0, filtered: 0, deadLettered: 0 };
        for (const [id, settlement] of settled) {
          if (stored.get(id)?.source !== source) continue;
          for (const fate of Object.keys(counts) as (keyof Settlement)[]) counts[fate] += settlement[fate];
        }
        const accepted = sum(deliveriesOf(source).map(({ events }) => events));
        return { ...counts, accepted, inFlight: accepted - sum(Object.values(counts)), unaccounted: 0 };
      },
      async lastReceivedMs(source) {
        const times = deliveriesOf(source).flatMap(({ kind, receivedMs }) => (kind === "events" ? [receivedMs] : []));
        return times.length === 0 ? null : Math.max(...times);
      },
    },
    waiting: () => jobs.size,
    settled,
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
