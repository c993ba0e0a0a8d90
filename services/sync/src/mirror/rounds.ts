import { PermanentError } from "@deskmirror/model";
import type { Source } from "@deskmirror/model";
import type { Gaps } from "@deskmirror/redis";
import type { Log } from "@deskmirror/runtime";
import { isBinDue, isReconcileDue } from "./due-work.ts";
import type { TableFacts } from "./due-work.ts";
import { isRefusal } from "./grant-watch.ts";
import { readBin, reconcileTable } from "./reconcile.ts";
import type { ReconcileOptions } from "./reconcile.ts";
import type { Restores } from "./restores.ts";
import { SILENCE } from "./silence.ts";
import type { SilenceWatch, Untold } from "./silence.ts";
import type { TableContext } from "./table-context.ts";
import type { TableWork } from "./table-work.ts";

/** What a round did on a table. */
export type TableRound = {
  readonly name: string;
  /** `skipped`: a round cannot read it. */
  readonly state: "complete" | "incomplete" | "skipped";
  readonly rows: number;
  readonly calls: number;
  readonly credits: number;
  /** Why it is not complete. */
  readonly message: string | null;
};

/** Rounds of reconcile. */
export interface Rounds {
  /** A round of the tables now, all when none are named; those that cannot be read so are said. The recycle bin is read whole. */
  readonly run: (tables: readonly string[] | null, signal: AbortSignal) => Promise<readonly TableRound[]>;
  /** A round of every table whose interval is over; an open gap makes all of them due, a few seconds after it was seen. */
  readonly runDue: (signal: AbortSignal) => Promise<void>;
}

/** What rounds need. */
export interface RoundsOptions {
  readonly name: string;
  readonly source: Source;
  readonly contexts: ReadonlyMap<string, TableContext>;
  readonly facts: () => Promise<readonly TableFacts[]>;
  readonly work: TableWork;
  readonly gaps: Gaps;
  readonly silence: SilenceWatch;
  /** After a restore the bin is read whole, as it is each `SWEEP_HOURS`. */
  readonly restores: Restores;
  /** Called when events that were to come did not. */
  readonly onSilence: () => Promise<void>;
  /** A clock of this process, in ms. */
  readonly now: () => number;
  readonly log: Log;
}

const BIN_REST_MS = 5 * 60_000;
const purpose = "reconcile";

/** A gap makes a round run at once; when gaps come one after another, the next after this part of the interval. */
const GAPS_REST = 0.1;

/** Ingests that were started together tell their gaps one after another: one round heals them, if it begins after the last. */
const GAP_SETTLES_MS = 5_000;

/** What all tables of a round share. */
interface Shared extends Pick<ReconcileOptions, "startedMs" | "binReadMs" | "binCredits" | "signal"> {
  readonly untold: Untold[];
}

/** The rounds of one data source. A table that fails rests, the others go on. */
export function createRounds(options: RoundsOptions): Rounds {
  const { name, source, contexts, facts, work, gaps, silence, restores, now, log } = options;
  let binRestsUntil = 0;
  /** While a gap is open: when the round began that proved a table (ms). */
  const proven = new Map<string, number>();
  /** Since when this process has seen a gap that is open (ms); null: none is. */
  let gapSeenMs: number | null = null;
  let gapsRestUntil = 0;

  async function round(tables: readonly TableFacts[], isWhole: boolean, signal: AbortSignal) {
    const startedMs = source.now();
    const oldestMs = Math.min(...tables.map(({ watermarkMs }) => watermarkMs ?? startedMs));
    const credits = await tryBin(isWhole ? 0 : oldestMs, signal);
    const shared: Shared = {
      startedMs,
      binReadMs: isWhole && credits !== null ? startedMs : null,
      binCredits: (credits ?? 0) / tables.length,
      signal,
      untold: [],
    };
    const rounds = await Promise.all(tables.map(({ stream }) => roundOf(contexts.get(stream.name)!, shared)));
    return { rounds, silentSinceMs: await silence.hear(shared.untold) };
  }

  async function roundOf(context: TableContext, { untold, signal, ...shared }: Shared): Promise<TableRound> {
    const { name: table, hasEvents } = context.stream;
    let done: TableRound | null = null;
    const end = await work.run(context, signal, async (session, leaseSignal) => {
      const reconciled = await reconcileTable(context, session, { ...shared, purpose, signal: leaseSignal });
      const { shortfall, untold: found, ...spent } = reconciled;
      if (hasEvents && found !== null) untold.push(found);
      done = { name: table, state: shortfall === null ? "complete" : "incomplete", ...spent, message: shortfall };
    });
    const message =
      end instanceof Error ? end.message : "Another process holds this table; it reconciles it in its turn.";
    return done ?? { name: table, state: "incomplete", rows: 0, calls: 0, credits: 0, message };
  }

  /** Gives the credits it cost. Where the bin may not be read (null), deletes come by events only; what was modified is found all the same. */
  async function tryBin(sinceMs: number, signal: AbortSignal): Promise<number | null> {
    if (binRestsUntil > now()) return null;
    try {
      const restored = restores.count();
      const credits = await readBin({ source, contexts, purpose, signal, sinceMs });
      if (sinceMs === 0) restores.readAfter(restored);
      return credits;
    } catch (error) {
      if (!(error instanceof PermanentError) || isRefusal(error) || signal.aborted) throw error;
      binRestsUntil = now() + BIN_REST_MS;
      log.warn({ err: error }, "the recycle bin could not be read; deletes whose event was lost are not found");
      return null;
    }
  }

  const openReasons = async (): Promise<readonly string[]> =>
    (await gaps.list(name)).filter(({ state }) => state === "open").map(({ reason }) => reason);

  /** Opens the gap of a silence; the round that found it has healed it already when it proved every table. */
  async function tellSilence(fromMs: number, isHealed: boolean): Promise<void> {
    log.warn(
      { since: new Date(fromMs).toISOString() },
      "changes were found of which no event told; the webhook is looked at",
    );
    await gaps.open(name, SILENCE, fromMs);
    const healedMs = now() + 1;
    await options.onSilence();
    // A gap that opened meanwhile waits for a round of its own.
    if (isHealed && (await openReasons()).every((reason) => reason === SILENCE)) await gaps.close(name, healedMs);
  }

  return {
    async run(tables, signal) {
      const asked = (await facts()).filter(({ stream }) => tables?.includes(stream.name) ?? true);
      const { rounds, silentSinceMs } = await round(asked.filter(isAble), true, signal);
      if (silentSinceMs !== null) await tellSilence(silentSinceMs, tables === null && rounds.every(isComplete));
      return [...rounds, ...asked.filter((fact) => !isAble(fact)).map(toSkipped)];
    },
    async runDue(signal) {
      const all = (await facts()).filter(isAble);
      const isGap = (await openReasons()).length > 0;
      if (!isGap) proven.clear();
      gapSeenMs = isGap ? (gapSeenMs ?? now()) : null;
      // One in error may stay so for good; its watermark waits with it.
      const asks = all.filter(({ progress }) => progress.problem === null);
      const isGapsTurn = gapSeenMs !== null && now() >= Math.max(gapSeenMs + GAP_SETTLES_MS, gapsRestUntil);
      const healsGap = ({ stream, progress: { problem, pull } }: TableFacts): boolean =>
        isGapsTurn && problem === null && pull?.state !== "running" && !proven.has(stream.name);
      const isDue = (fact: TableFacts): boolean => isReconcileDue(fact) || healsGap(fact);
      const due = all.filter((fact) => isDue(fact) && !work.isResting(fact.stream.name));
      if (due.length > 0) {
        const startedMs = now();
        const { rounds, silentSinceMs } = await round(due, isBinDue(all) || restores.isBinDue(), signal);
        log.info({ tables: due.length, reason: isGap ? "gap" : "interval" }, "reconcile round ended");
        if (isGap) for (const one of rounds.filter(isComplete)) proven.set(one.name, startedMs);
        if (isGapsTurn) gapsRestUntil = now() + due[0]!.intervals.reconcileMs * GAPS_REST;
        const isHealed = due.length === all.length && rounds.every(isComplete);
        if (silentSinceMs !== null) await tellSilence(silentSinceMs, isHealed);
      }
      const starts = asks.map(({ stream }) => proven.get(stream.name));
      if (!isGap || starts.length === 0 || starts.includes(undefined)) return;
      await gaps.close(name, Math.min(...starts.map(Number)));
      proven.clear();
    },
  };
}

const isAble = ({ stream, watermarkMs }: TableFacts): boolean => stream.hasChangedSince && watermarkMs !== null;
const isComplete = ({ state }: TableRound): boolean => state === "complete";

function toSkipped({ stream: { name, hasChangedSince } }: TableFacts): TableRound {
  const message = hasChangedSince
    ? "It was not read whole yet: pull it first."
    : "Zoho lists no changes of it: it is read whole by the clock, and at once by a pull with restart.";
  return { name, state: "skipped", rows: 0, calls: 0, credits: 0, message };
}
