import { TransientError, toError } from "@deskmirror/model";
import type { DeliveryGroup, Settlement } from "@deskmirror/model";
import { DelayedError, WaitingError, Worker } from "bullmq";
import type { Job } from "bullmq";
import { backoffMs } from "./backoff.ts";
import { createBreaker } from "./breaker.ts";
import type { Log, RedisConnection } from "./connection.ts";
import { parseGroup } from "./delivery-group.ts";
import { QUEUE, sourcePrefix } from "./keys.ts";
import { createLedger } from "./ledger.ts";

/** How a group is to be applied. */
export interface ApplyOptions {
  /** How often a worker died or froze over this group; from 2 on, apply one delivery at a time. */
  readonly stalledTimes: number;
  /** Aborted when the group's lock was lost: somebody else is applying it. */
  readonly signal: AbortSignal;
}

/** What a worker is made of. */
export interface DeliveryWorkerOptions {
  readonly connection: RedisConnection;
  readonly source: string;
  /** Groups in work at once. */
  readonly concurrency?: number;
  /**
   * Applies a group and says where its events went; may be called again for the same group. Whatever it throws, the group is
   * tried again later and without end: TransientError quietly, anything else logged as a bug. A TransientError that names its own
   * time delays this group alone; any other says that the sink or Redis is away, and the source's other groups wait too.
   */
  readonly apply: (group: DeliveryGroup, options: ApplyOptions) => Promise<Settlement>;
  readonly log: Log;
  readonly waits?: DeliveryWaits;
}

/** How long a worker waits, in ms. */
export interface DeliveryWaits {
  /** For a sign of life of whoever works on a group. */
  readonly lockMs: number;
  /** Between two looks for groups whose worker gave none. */
  readonly stalledCheckMs: number;
  /** Before it tries again what failed once, and what failed often. */
  readonly retryBaseMs: number;
  readonly retryCapMs: number;
}

/** `waiting`: the sink or Redis failed, and a probe follows. */
export type DeliveryWorkerState = "idle" | "running" | "waiting" | "paused" | "closed";

/** Takes groups of one source and applies them. */
export interface DeliveryWorker {
  readonly state: DeliveryWorkerState;
  start(): void;
  /** Takes no more; resolves when those in work are done. */
  pause(): Promise<void>;
  resume(): void;
  /** Takes no more and waits for those in work, at most 10 s; what is not done by then is taken over by others. */
  close(): Promise<void>;
}

const WAITS: DeliveryWaits = { lockMs: 15_000, stalledCheckMs: 5_000, retryBaseMs: 1_000, retryCapMs: 15_000 };
const CLOSE_DEADLINE_MS = 10_000;

/** Of a job whose hash is gone only the id is left. */
const isLost = ({ data }: Job): boolean => data === undefined || Object.keys(data as object).length === 0;

/** The consuming end of one source's queue. */
export function createDeliveryWorker(options: DeliveryWorkerOptions): DeliveryWorker {
  const { connection, source, concurrency = 16, apply, log, waits = WAITS } = options;
  const retry = { baseMs: waits.retryBaseMs, capMs: waits.retryCapMs };
  const ledger = createLedger({ connection });
  let started = false;
  let paused = false;
  let closed = false;
  let problem = "";

  const breaker = createBreaker({
    ...retry,
    onChange(state) {
      if (state === "open") log("deliveries wait: the sink or Redis failed", { source, problem });
      if (state === "closed") log("deliveries flow again", { source });
      worker.concurrency = state === "probing" ? 1 : concurrency;
      follow();
    },
  });

  const inWork = new Set<Promise<void>>();
  const track = (job: Job, signal: AbortSignal): Promise<void> => {
    const working = work(job, signal).finally(() => inWork.delete(working));
    inWork.add(working);
    return working;
  };
  const worker = new Worker(QUEUE, (job: Job, _token, signal) => track(job, signal ?? new AbortController().signal), {
    connection: connection.patientClient(),
    prefix: sourcePrefix(source),
    autorun: false,
    concurrency,
    lockDuration: waits.lockMs,
    stalledInterval: waits.stalledCheckMs,
    maxStalledCount: Number.MAX_SAFE_INTEGER,
    runRetryDelay: 1_000,
    skipVersionCheck: true,
    // As each job says itself, unless it lost its hash.
    removeOnComplete: { count: 0 },
  });
  let reported = "";
  worker.on("error", ({ message }) => {
    // While Redis is away the same error comes several times a second.
    if (message !== reported) log("the delivery queue reports a problem", { source, problem: message });
    reported = message;
  });
  worker.on("lockRenewalFailed", (ids) => {
    for (const id of ids) worker.cancelJob(id, "the lock was lost");
  });

  async function work(job: Job, signal: AbortSignal): Promise<void> {
    if (paused) {
      // A fetch that was waiting when the worker was paused still brings what comes.
      await job.moveToWait(job.token);
      throw new WaitingError();
    }
    if (isLost(job)) {
      log("a delivery group lost its contents in Redis; the audit finds its events, and what changed is read again", {
        source,
        group: job.id,
      });
      return;
    }
    try {
      const group = parseGroup(job.data);
      await ledger.settle(group, await apply(group, { stalledTimes: job.stalledCounter, signal }));
    } catch (thrown) {
      return postpone(job, toError(thrown));
    }
    reported = "";
    breaker.succeed();
  }

  async function postpone(job: Job, error: Error): Promise<never> {
    const retryAfterMs = error instanceof TransientError ? error.retryAfterMs : waits.retryBaseMs;
    if (error instanceof TransientError) {
      problem = error.message;
      if (retryAfterMs === null) breaker.fail();
    } else {
      log("a delivery group could not be applied: this is a bug; it is tried again", {
        source,
        group: job.id,
        problem: error.stack,
      });
    }
    const delayMs = backoffMs({ tries: job.attemptsStarted, ...retry });
    await job.moveToDelayed(Date.now() + Math.max(delayMs, retryAfterMs ?? 0), job.token);
    throw new DelayedError();
  }

  /** Makes the worker take groups or not, as the flags say. */
  function follow(): void {
    if (!started || closed) return;
    const stop = paused || breaker.state === "open";
    if (stop && !worker.isPaused()) void worker.pause(true);
    if (!stop && (worker.isPaused() || !worker.isRunning())) void worker.resume();
  }

  return {
    get state() {
      if (closed) return "closed";
      if (!started) return "idle";
      if (paused) return "paused";
      return breaker.state === "closed" ? "running" : "waiting";
    },
    start() {
      started = true;
      worker
        .run()
        .catch((error: unknown) => log("the delivery worker ended", { source, problem: toError(error).message }));
      follow();
    },
    async pause() {
      paused = true;
      follow();
      await Promise.allSettled(inWork);
    },
    resume() {
      paused = false;
      follow();
    },
    async close() {
      closed = true;
      breaker.close();
      const { ok } = connection.status();
      const deadline = AbortSignal.timeout(CLOSE_DEADLINE_MS);
      await Promise.race([worker.close(!ok), new Promise((resolve) => deadline.addEventListener("abort", resolve))]);
    },
  };
}
