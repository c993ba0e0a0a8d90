import { CreditsError, FencedError, TransientError, toError } from "@deskmirror/model";
import type { DataSource, Leases, Sink, Source, TableState } from "@deskmirror/model";
import type { DueSet, Gaps } from "@deskmirror/redis";
import { runEvery } from "@deskmirror/runtime";
import type { Log } from "@deskmirror/runtime";
import { readChildren } from "./children.ts";
import { duePull, isReconcileDue } from "./due-work.ts";
import type { Intervals, TableFacts } from "./due-work.ts";
import { runPull } from "./pull.ts";
import { readBin, reconcileTable } from "./reconcile.ts";
import { createRefetcher } from "./refetch.ts";
import { toProgress } from "./table-context.ts";
import type { TableContext } from "./table-context.ts";
import { withLease, withTableLease } from "./table-lease.ts";

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
  readonly log: Log;
}

/** Keeps one data source: its pulls, rounds, refetches and children, side by side with other processes that do the same. */
export interface Mirror {
  readonly options: MirrorOptions;
  facts(): Promise<readonly TableFacts[]>;
  /** Reconciles the tables now: all that can be, when none are named. The whole recycle bin is read. */
  reconcile(tables: readonly string[] | null, signal: AbortSignal): Promise<readonly TableRound[]>;
  /** Runs until the signal ends it. */
  run(signal: AbortSignal): Promise<void>;
}

/** What a round spent on a table. */
export type TableRound = {
  readonly name: string;
  readonly rows: number;
  readonly calls: number;
  readonly credits: number;
};

const TICK_MS = 1_000;
const TABLES_AT_ONCE = 8;
const REFETCHES_AT_ONCE = 8;
const DETAILS_AT_ONCE = 12;
const CHILDREN_AT_ONCE = 12;
const CHILDREN_CLAIM_MS = 60_000;
const DOUBTS = 500;
const DETAILS = 200;

/** A GET cannot be known current before its own lower bound, which lies this far back at least. */
const GET_BOUND_MS = 2_500;

/** Back-off of a table after an error. */
const ERROR_REST_MS = 5_000;

/** Builds the mirror of one data source; nothing runs before `run`. */
export function createMirror(options: MirrorOptions): Mirror {
  const { name, source, sink, contexts, leases, log } = options;
  const refetcher = createRefetcher(Date.now);
  const pulling = new Set<string>();
  const restUntil = new Map<string, number>();

  async function facts(): Promise<readonly TableFacts[]> {
    const states = await sink.states(name);
    const { pulls } = options.dataSource();
    return [...contexts.values()].map(({ stream }) =>
      toFacts(stream.name, states.get(stream.name), pulls[stream.name] ?? 0),
    );
  }

  function toFacts(table: string, state: TableState | undefined, asked: number): TableFacts {
    return {
      stream: contexts.get(table)!.stream,
      progress: toProgress(state),
      watermarkMs: state?.watermarkMs ?? null,
      asked,
      nowMs: source.now(),
      intervals: options.intervals(),
    };
  }

  /** Starts the pulls that are due and whose parents have been read. */
  async function startPulls(signal: AbortSignal): Promise<void> {
    const all = await facts();
    const read = new Set(
      all
        .filter(({ progress }) => progress.pull !== null && progress.pull.state !== "running")
        .map(({ stream }) => stream.name),
    );
    for (const fact of all) {
      const { stream } = fact;
      const reason = duePull(fact);
      const resting = (restUntil.get(stream.name) ?? 0) > Date.now();
      if (reason === null || resting || pulling.has(stream.name) || pulling.size >= TABLES_AT_ONCE) continue;
      const context = contexts.get(stream.name)!;
      if (context.parent !== null && !read.has(context.parent.stream.name)) continue;
      pulling.add(stream.name);
      void pull(context, fact, signal).finally(() => pulling.delete(stream.name));
    }
  }

  async function pull(context: TableContext, { asked, progress }: TableFacts, signal: AbortSignal): Promise<void> {
    const table = context.stream.name;
    try {
      const held = await withTableLease(context, { leases, signal }, async (session, leaseSignal) => {
        if (duePull({ ...toFacts(table, session.state, asked) }) === null) return;
        const purpose = progress.completedMs === null ? "pull" : "reconcile";
        log.info({ table }, "full pull started");
        await runPull(context, session, { asked, purpose, signal: leaseSignal });
        log.info({ table, pull: summary(session.state) }, "full pull ended");
      });
      if (!held) restUntil.set(table, Date.now() + ERROR_REST_MS);
    } catch (error) {
      rest(table, error, signal);
    }
  }

  function rest(table: string, thrown: unknown, signal: AbortSignal): void {
    if (signal.aborted) return;
    const error = toError(thrown);
    const waitMs = error instanceof TransientError ? (error.retryAfterMs ?? ERROR_REST_MS) : ERROR_REST_MS;
    restUntil.set(table, Date.now() + Math.max(waitMs, ERROR_REST_MS));
    if (error instanceof FencedError) log.info({ table }, "another process has taken over this table");
    else log.warn({ err: error, table }, "work on a table stopped; it goes on by itself");
  }

  async function reconcile(
    tables: readonly TableFacts[],
    whole: boolean,
    signal: AbortSignal,
  ): Promise<readonly TableRound[]> {
    const startedMs = source.now();
    const purpose = "reconcile";
    const oldestMs = Math.min(...tables.map(({ watermarkMs }) => watermarkMs ?? startedMs));
    await readBin({ source, contexts, purpose, signal, sinceMs: whole ? 0 : oldestMs });
    return Promise.all(
      tables.map(async ({ stream }) => {
        let round: TableRound = { name: stream.name, rows: 0, calls: 0, credits: 0 };
        const context = contexts.get(stream.name)!;
        await withTableLease(context, { leases, signal }, async (session, leaseSignal) => {
          round = {
            ...round,
            ...(await reconcileTable(context, session, { startedMs, purpose, signal: leaseSignal })),
          };
        });
        return round;
      }),
    );
  }

  /** A round of every table whose interval is over; an open gap makes all of them due. */
  async function reconcileDue(signal: AbortSignal): Promise<void> {
    const all = await facts();
    const gaps = (await options.gaps.list(name)).filter(({ state }) => state === "open");
    const able = all.filter(({ stream, watermarkMs }) => stream.hasChangedSince && watermarkMs !== null);
    const due = gaps.length > 0 ? able : all.filter(isReconcileDue);
    if (due.length === 0) return;
    const startedMs = Date.now();
    const purpose = gaps.length > 0 ? "gap" : "interval";
    await reconcile(due, false, signal);
    log.info({ tables: due.length, purpose }, "reconcile round ended");
    if (gaps.length > 0) await options.gaps.close(name, startedMs);
  }

  async function settleDoubts(signal: AbortSignal): Promise<void> {
    const doubts = await sink.doubts(name, DOUBTS);
    const answerable = doubts.filter(({ afterMs }) => afterMs < source.now() - GET_BOUND_MS);
    for (const [stream, asks] of Map.groupBy(answerable, (doubt) => doubt.stream)) {
      const context = contexts.get(stream);
      if (context === undefined) continue;
      await refetcher.refetch(context, asks, {
        purpose: "live",
        signal,
        concurrency: REFETCHES_AT_ONCE,
        fillsIn: false,
      });
    }
  }

  async function fillInDetail(signal: AbortSignal): Promise<void> {
    for (const context of contexts.values()) {
      if (context.stream.core === null) continue;
      for (;;) {
        const due = await sink.detailDue(context.writer.table, DETAILS);
        const options = { purpose: "pull", signal, concurrency: DETAILS_AT_ONCE, fillsIn: true } as const;
        const asked = await refetcher.refetch(context, due, options);
        if (asked < DETAILS) break;
      }
    }
  }

  async function readDueChildren(signal: AbortSignal): Promise<void> {
    for (;;) {
      const due = await options.dueChildren.claim(name, CHILDREN_AT_ONCE, CHILDREN_CLAIM_MS);
      if (due.length === 0) return;
      await Promise.all(
        due.map(async (entry) => {
          const context = contexts.get(entry.stream);
          if (context !== undefined) await readChildren(context, entry.parentKey, { purpose: "heal", signal });
          await options.dueChildren.done(name, entry);
        }),
      );
    }
  }

  /** A loop that one process at a time runs for this data source, and none while it is paused. */
  function loop(
    work: string,
    run: (signal: AbortSignal) => Promise<void>,
    signal: AbortSignal,
    shared = false,
  ): Promise<void> {
    const onError = (error: Error): void => {
      if (error instanceof CreditsError) log.info({ work, until: error.message }, "waiting for credits");
      else log.warn({ err: error, work }, "work on a source stopped; it goes on by itself");
    };
    return runEvery({
      intervalMs: TICK_MS,
      signal,
      onError,
      run: async () => {
        if (options.dataSource().paused || options.dataSource().refreshToken === null) return;
        if (shared) return run(signal);
        await withLease({ leases, name: `${name}:${work}`, signal }, (held) => run(held.signal));
      },
    });
  }

  return {
    options,
    facts,
    async reconcile(tables, signal) {
      const all = await facts();
      const wanted = all.filter(
        ({ stream, watermarkMs }) =>
          stream.hasChangedSince && watermarkMs !== null && (tables?.includes(stream.name) ?? true),
      );
      return reconcile(wanted, true, signal);
    },
    async run(signal) {
      await Promise.all([
        loop("pulls", startPulls, signal, true),
        loop("reconcile", reconcileDue, signal),
        loop("doubts", settleDoubts, signal),
        loop("detail", fillInDetail, signal),
        loop("children", readDueChildren, signal, true),
      ]);
    },
  };
}

function summary(state: TableState): object {
  const { pull } = toProgress(state);
  return { state: pull?.state, rows: pull?.rows, calls: pull?.calls, message: pull?.message };
}
