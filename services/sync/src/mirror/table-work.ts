import { FencedError, PermanentError, TransientError, toError } from "@deskmirror/model";
import type { Leases } from "@deskmirror/model";
import type { Log } from "@deskmirror/runtime";
import { isRefusal } from "./grant-watch.ts";
import { toProgress, withProgress } from "./table-context.ts";
import type { TableContext } from "./table-context.ts";
import { withTableLease } from "./table-lease.ts";
import type { TableSession } from "./table-writer.ts";

/** What work on a table came to: done, left to somebody else who holds the table, or the error that ended it. */
export type WorkEnd = "done" | "busy" | Error;

/** Work on tables, one process at a time on each. */
export interface TableWork {
  /**
   * Runs work under the table's lease. An error is logged and rests the table; one that will not pass by itself is kept in the
   * table's progress, where status finds it, until work succeeds again.
   */
  run(context: TableContext, signal: AbortSignal, work: Work): Promise<WorkEnd>;
  /** Whether the table rests after an error, or since somebody else holds it. */
  isResting(table: string): boolean;
}

type Work = (session: TableSession, signal: AbortSignal) => Promise<void>;

const REST_MS = 5_000;
/** A refused grant may be an hour of Zoho's; asking costs three calls, and no refresh beyond those of ten minutes. */
const REFUSED_REST_MS = 30_000;
/** A lost scope and its like come back by a person's hand, if at all. */
const LONG_REST_MS = 5 * 60_000;

/** Work on the tables of one data source in this process. */
export function createTableWork({
  leases,
  log,
  now,
}: {
  readonly leases: Leases;
  readonly log: Log;
  /** In ms. */
  readonly now: () => number;
}): TableWork {
  const restUntil = new Map<string, number>();

  function rest(table: string, error: Error): void {
    restUntil.set(table, now() + restMsAfter(error));
    if (error instanceof FencedError) log.info({ table }, "another process has taken over this table");
    else log.warn({ err: error, table }, "work on a table stopped; it goes on by itself");
  }

  return {
    isResting: (table) => (restUntil.get(table) ?? 0) > now(),
    async run(context, signal, work) {
      const table = context.stream.name;
      try {
        const held = await withTableLease(context, { leases, signal }, (session, leaseSignal) =>
          runAndTell(context, session, () => work(session, leaseSignal)),
        );
        if (!held) restUntil.set(table, now() + REST_MS);
        return held ? "done" : "busy";
      } catch (thrown) {
        const error = toError(thrown);
        if (!signal.aborted) rest(table, error);
        return error;
      }
    },
  };
}

function restMsAfter(error: Error): number {
  if (isRefusal(error)) return REFUSED_REST_MS;
  if (error instanceof PermanentError) return LONG_REST_MS;
  const waitMs = error instanceof TransientError ? error.retryAfterMs : null;
  return Math.max(waitMs ?? REST_MS, REST_MS);
}

async function runAndTell(context: TableContext, session: TableSession, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof PermanentError) await tell(context, session, error.message);
    throw error;
  }
  await tell(context, session, null);
}

async function tell({ writer }: TableContext, session: TableSession, problem: string | null): Promise<void> {
  if (toProgress(session.state).problem === problem) return;
  await writer.write({ changes: [], session, advance: (state) => withProgress(state, { problem }) });
}
