import { PermanentError } from "@deskmirror/model";
import type { Source } from "@deskmirror/model";
import type { Gaps } from "@deskmirror/redis";
import type { Log } from "@deskmirror/runtime";
import { isBinDue, isReconcileDue } from "./due-work.ts";
import type { TableFacts } from "./due-work.ts";
import { readBin, reconcileTable } from "./reconcile.ts";
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
  /** A round of every table whose interval is over; an open gap makes all of them due. */
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
  readonly log: Log;
}

const BIN_REST_MS = 5 * 60_000;
const purpose = "reconcile";

/** The rounds of one data source. A table that fails rests, the others go on. */
export function createRounds(options: RoundsOptions): Rounds {
  const { name, source, contexts, facts, work, gaps, log } = options;
  let binRestsUntil = 0;

  async function round(tables: readonly TableFacts[], isWhole: boolean, signal: AbortSignal) {
    const startedMs = source.now();
    const oldestMs = Math.min(...tables.map(({ watermarkMs }) => watermarkMs ?? startedMs));
    const isBinRead = await tryBin(isWhole ? 0 : oldestMs, signal);
    const binReadMs = isWhole && isBinRead ? startedMs : null;
    return Promise.all(
      tables.map(({ stream }) => roundOf(contexts.get(stream.name)!, { startedMs, binReadMs, signal })),
    );
  }

  async function roundOf(
    context: TableContext,
    {
      signal,
      ...times
    }: { readonly startedMs: number; readonly binReadMs: number | null; readonly signal: AbortSignal },
  ): Promise<TableRound> {
    const { name: table } = context.stream;
    let done: TableRound | null = null;
    const end = await work.run(context, signal, async (session, leaseSignal) => {
      const { shortfall, ...spent } = await reconcileTable(context, session, {
        ...times,
        purpose,
        signal: leaseSignal,
      });
      done = { name: table, state: shortfall === null ? "complete" : "incomplete", ...spent, message: shortfall };
    });
    const message =
      end instanceof Error ? end.message : "Another process holds this table; it reconciles it in its turn.";
    return done ?? { name: table, state: "incomplete", rows: 0, calls: 0, credits: 0, message };
  }

  /** Where the bin may not be read, deletes come by events only; what was modified is found all the same. */
  async function tryBin(sinceMs: number, signal: AbortSignal): Promise<boolean> {
    if (binRestsUntil > Date.now()) return false;
    try {
      await readBin({ source, contexts, purpose, signal, sinceMs });
      return true;
    } catch (error) {
      if (!(error instanceof PermanentError) || signal.aborted) throw error;
      binRestsUntil = Date.now() + BIN_REST_MS;
      log.warn({ err: error }, "the recycle bin could not be read; deletes whose event was lost are not found");
      return false;
    }
  }

  const isAble = ({ stream, watermarkMs }: TableFacts): boolean => stream.hasChangedSince && watermarkMs !== null;

  return {
    async run(tables, signal) {
      const asked = (await facts()).filter(({ stream }) => tables?.includes(stream.name) ?? true);
      const rounds = await round(asked.filter(isAble), true, signal);
      return [...rounds, ...asked.filter((fact) => !isAble(fact)).map(toSkipped)];
    },
    async runDue(signal) {
      const all = await facts();
      const isGap = (await gaps.list(name)).some(({ state }) => state === "open");
      const able = all.filter((fact) => isAble(fact) && !work.isResting(fact.stream.name));
      const due = isGap ? able : able.filter(isReconcileDue);
      if (due.length === 0) return;
      const startedMs = Date.now();
      const rounds = await round(due, isBinDue(all), signal);
      log.info({ tables: due.length, reason: isGap ? "gap" : "interval" }, "reconcile round ended");
      if (isGap && rounds.every(({ state }) => state === "complete")) await gaps.close(name, startedMs);
    },
  };
}

function toSkipped({ stream: { name, hasChangedSince } }: TableFacts): TableRound {
  const message = hasChangedSince
    ? "It was not read whole yet: pull it first."
    : "Zoho lists no changes of it: it is read whole by the clock, and at once by a pull with restart.";
  return { name, state: "skipped", rows: 0, calls: 0, credits: 0, message };
}
