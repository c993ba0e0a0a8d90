import { CreditsError } from "@deskmirror/model";
import type { DataSource, Leases, Sink, Source } from "@deskmirror/model";
import type { DueSet, Gaps } from "@deskmirror/redis";
import { runEvery } from "@deskmirror/runtime";
import type { Log, Time } from "@deskmirror/runtime";
import type { Intervals, TableFacts } from "./due-work.ts";
import { createPulls } from "./pulls.ts";
import { createQuestions } from "./questions.ts";
import { createRounds } from "./rounds.ts";
import type { TableRound } from "./rounds.ts";
import type { SilenceWatch } from "./silence.ts";
import { stretch } from "./stretch.ts";
import type { SubscriptionCare } from "./subscription-care.ts";
import type { Restores } from "./restores.ts";
import type { Shapes } from "./shapes.ts";
import { toProgress } from "./table-context.ts";
import type { TableContext } from "./table-context.ts";
import { withLease } from "./table-lease.ts";
import { createTableWork } from "./table-work.ts";

/** What keeping one data source needs. */
export interface MirrorOptions {
  readonly name: string;
  /** As it is configured now. */
  readonly dataSource: () => DataSource;
  readonly source: Source;
  readonly sink: Sink;
  /** Wanted tables, parents first. */
  readonly contexts: ReadonlyMap<string, TableContext>;
  readonly intervals: () => Intervals;
  readonly leases: Leases;
  readonly dueChildren: DueSet;
  readonly gaps: Gaps;
  readonly subscription: SubscriptionCare;
  readonly silence: SilenceWatch;
  readonly restores: Restores;
  /** What the organization may spend today; null when that is not known. */
  readonly dailyCredits: () => Promise<number | null>;
  /** By table; see `TableFacts`. */
  readonly refusedRows: () => Promise<ReadonlyMap<string, number>>;
  readonly shapes: Shapes;
  readonly time: Time;
  readonly log: Log;
}

/** Keeps one data source: its pulls, rounds, refetches and children, side by side with other processes that do the same. */
export interface Mirror {
  readonly options: MirrorOptions;
  facts(): Promise<readonly TableFacts[]>;
  /** See `Rounds.run`. */
  reconcile(tables: readonly string[] | null, signal: AbortSignal): Promise<readonly TableRound[]>;
  /** Runs until the signal ends it. */
  run(signal: AbortSignal): Promise<void>;
}

const TICK_MS = 1_000;

/** Builds the mirror of one data source; nothing runs before `run`. */
export function createMirror(options: MirrorOptions): Mirror {
  const { name, source, sink, contexts, leases, time, log } = options;
  const work = createTableWork({ leases, log, now: time.now });
  const startPulls = createPulls({ contexts, facts, work, log });
  const rounds = createRounds({ ...options, onSilence: options.subscription.hurry, facts, work, now: time.now });
  const questions = createQuestions({ ...options, facts, now: time.now });

  async function facts(): Promise<readonly TableFacts[]> {
    const [states, refused, held, dailyCredits] = await Promise.all([
      sink.states(name),
      options.refusedRows(),
      sink.suspects.held(name),
      options.dailyCredits(),
    ]);
    const { pulls } = options.dataSource();
    const nowMs = source.now();
    const tables = [...contexts.values()].map(({ stream }) => {
      const state = states.get(stream.name);
      const { watermarkMs = null } = state ?? {};
      const asked = pulls[stream.name] ?? 0;
      const refusedRows = refused.get(stream.name) ?? 0;
      const heldRows = held.find((one) => one.stream === stream.name)?.count ?? 0;
      return { stream, progress: toProgress(state), watermarkMs, asked, refusedRows, heldRows, nowMs };
    });
    const intervals = stretch(tables, options.intervals(), dailyCredits);
    return tables.map((table, index) => ({ ...table, intervals: intervals[index]! }));
  }

  function loop(task: string, run: () => Promise<void>, signal: AbortSignal): Promise<void> {
    const onError = (error: Error): void => {
      if (error instanceof CreditsError) log.info({ work: task, until: error.message }, "waiting for credits");
      else log.warn({ err: error, work: task }, "work on a source stopped; it goes on by itself");
    };
    return runEvery({
      intervalMs: TICK_MS,
      signal,
      onError,
      time,
      async run() {
        const { paused, refreshToken } = options.dataSource();
        if (paused || refreshToken === null) return;
        // Watermarks and proofs of absence are times of the source; this machine's clock is no bound of them.
        await source.learnTime({ purpose: "heal", signal });
        await run();
      },
    });
  }

  /** A loop that one process at a time runs for this data source. */
  function soleLoop(task: string, run: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    const lease = { leases, name: `${name}:${task}`, signal };
    return loop(task, async () => void (await withLease(lease, (held) => run(held.signal))), signal);
  }

  return {
    options,
    facts,
    async reconcile(tables, signal) {
      await source.learnTime({ purpose: "reconcile", signal });
      return rounds.run(tables, signal);
    },
    async run(signal) {
      await Promise.all([
        loop("pulls", () => startPulls(signal), signal),
        loop("shapes", () => options.shapes.followDue(signal), signal),
        loop("children", () => questions.readDueChildren(signal), signal),
        loop("subscription", () => options.subscription.tend(signal), signal),
        soleLoop("reconcile", rounds.runDue, signal),
        soleLoop("doubts", questions.settleDoubts, signal),
        soleLoop("detail", questions.fillInDetail, signal),
      ]);
    },
  };
}
