import { CreditsError, toError } from "@deskmirror/model";
import type { Sink, Source } from "@deskmirror/model";
import type { Due, DueSet } from "@deskmirror/redis";
import type { Log } from "@deskmirror/runtime";
import { readChildren } from "./children.ts";
import { createMarkDue } from "./due-children.ts";
import { isStillToBePulled } from "./due-work.ts";
import type { TableFacts } from "./due-work.ts";
import { createRefetcher } from "./refetch.ts";
import type { TableContext } from "./table-context.ts";

/** What is asked of the source record by record: what is in doubt, what lacks its detail, and whose children changed. */
export interface Questions {
  readonly settleDoubts: (signal: AbortSignal) => Promise<void>;
  readonly fillInDetail: (signal: AbortSignal) => Promise<void>;
  readonly readDueChildren: (signal: AbortSignal) => Promise<void>;
}

/** What asking needs. */
export interface QuestionsOptions {
  readonly name: string;
  readonly source: Source;
  readonly sink: Sink;
  readonly contexts: ReadonlyMap<string, TableContext>;
  readonly facts: () => Promise<readonly TableFacts[]>;
  readonly dueChildren: DueSet;
  /** A clock of this process, in ms. */
  readonly now: () => number;
  readonly log: Log;
}

const REFETCHES_AT_ONCE = 8;
/** Records of all tables whose detail is asked for at once. */
export const DETAILS_AT_ONCE = 12;
const CHILDREN_AT_ONCE = 12;
/** What a killed process had claimed is read by another after this. */
const CHILDREN_CLAIM_MS = 20_000;
const DOUBTS = 500;
const DETAILS = 200;

const PAGE = 500;
/** What Redis lost is due again from this much earlier: its clock, this process's and the sink's are never the same. */
const CLOCKS_MS = 10 * 60_000;

/** A GET cannot be known current before its own lower bound, which lies this far back at least, and as long as it took. */
const GET_BOUND_MS = 2_500;

/** The questions of one data source. */
export function createQuestions(options: QuestionsOptions): Questions {
  const { name, source, sink, contexts, facts, dueChildren, log } = options;
  const refetcher = createRefetcher(options.now);

  async function readOne(due: Due, signal: AbortSignal): Promise<void> {
    const context = contexts.get(due.stream);
    try {
      if (context !== undefined) await readChildren(context, due.parentKey, { purpose: "heal", signal });
      await dueChildren.done(name, due);
    } catch (error) {
      if (error instanceof CreditsError || signal.aborted) throw error;
      const fields = { err: toError(error), table: due.stream, key: due.parentKey };
      log.warn(fields, "the children of a record could not be read; they are tried again");
    }
  }

  /** Those whose parent lives here: a pull that comes to it reads its children. Under a deleted one it reads none. */
  async function findLive(claimed: readonly Due[]): Promise<ReadonlySet<Due>> {
    const live = new Set<Due>();
    for (const [stream, dues] of Map.groupBy(claimed, (due) => due.stream)) {
      const { parent = null } = contexts.get(stream) ?? {};
      if (parent === null) continue;
      const keys = dues.map(({ parentKey }) => parentKey);
      const rows = new Map((await sink.rowsByKey(parent.writer.table, keys)).map((row) => [row.key, row]));
      for (const due of dues) if (rows.get(due.parentKey)?.deletedMs === null) live.add(due);
    }
    return live;
  }

  /** After Redis lost what was due: whatever changed in the sink since makes its children due once more. */
  async function markLost(): Promise<void> {
    const sinceMs = await dueChildren.lostSinceMs(name);
    if (sinceMs === null) return;
    const enabled = [...contexts.values()].map(({ stream }) => stream);
    for (const { stream, writer } of contexts.values()) {
      const markDue = createMarkDue(stream, { source: name, enabled, dueChildren });
      if (markDue === null) continue;
      const changedAfterMs = sinceMs - CLOCKS_MS;
      for (let after = ""; ;) {
        const rows = await sink.rows(writer.table, { after, changedAfterMs, limit: PAGE });
        await markDue(rows);
        if (rows.length < PAGE) break;
        after = rows.at(-1)!.key;
      }
    }
    await dueChildren.found(name, sinceMs);
    log.info({ since: new Date(sinceMs).toISOString() }, "what Redis lost of children to read is due again");
  }

  return {
    async settleDoubts(signal) {
      const doubts = await sink.doubts(name, DOUBTS + refetcher.resting());
      const boundMs = source.now() - GET_BOUND_MS - source.latencyMs();
      const answerable = doubts.filter(({ afterMs }) => afterMs < boundMs);
      const how = { purpose: "live", signal, concurrency: REFETCHES_AT_ONCE, fillsIn: false } as const;
      for (const [stream, asks] of Map.groupBy(answerable, (doubt) => doubt.stream)) {
        const context = contexts.get(stream);
        if (context !== undefined) await refetcher.refetch(context, asks, how);
      }
    },
    async fillInDetail(signal) {
      const how = { purpose: "pull", signal, concurrency: DETAILS_AT_ONCE, fillsIn: true } as const;
      for (const context of contexts.values()) {
        if (context.stream.core === null) continue;
        for (let asked = DETAILS; asked >= DETAILS;) {
          const due = await sink.detailDue(context.writer.table, DETAILS + refetcher.resting());
          asked = await refetcher.refetch(context, due, how);
        }
      }
    },
    async readDueChildren(signal) {
      await markLost();
      for (;;) {
        const claimed = await dueChildren.claim(name, CHILDREN_AT_ONCE, CHILDREN_CLAIM_MS);
        if (claimed.length === 0) return;
        // A pull whose checkpoint, read after the row was seen here, has not told of its span will see the row too.
        const live = await findLive(claimed);
        const tables = new Map((await facts()).map((fact) => [fact.stream.name, fact]));
        await Promise.all(
          claimed.map(async (due) => {
            const fact = tables.get(due.stream);
            const comesAnyway = fact !== undefined && live.has(due) && isStillToBePulled(fact, due.parentKey);
            await (comesAnyway ? dueChildren.done(name, due) : readOne(due, signal));
          }),
        );
      }
    },
  };
}
