import type { TableState } from "@deskmirror/model";
import type { Log } from "@deskmirror/runtime";
import { duePull } from "./due-work.ts";
import type { TableFacts } from "./due-work.ts";
import { runPull } from "./pull.ts";
import { toProgress } from "./table-context.ts";
import type { TableContext } from "./table-context.ts";
import type { TableWork } from "./table-work.ts";

/** Tables read whole at once. */
const TABLES_AT_ONCE = 8;

/** What starting pulls needs. */
export interface PullsOptions {
  readonly contexts: ReadonlyMap<string, TableContext>;
  readonly facts: () => Promise<readonly TableFacts[]>;
  readonly work: TableWork;
  readonly log: Log;
}

/** Starts the pulls that are due, each once its parents have been read; they go on by themselves. */
export function createPulls({ contexts, facts, work, log }: PullsOptions): (signal: AbortSignal) => Promise<void> {
  const pulling = new Set<string>();

  async function pull(context: TableContext, { asked, progress, ...facts }: TableFacts, signal: AbortSignal) {
    const table = context.stream.name;
    await work.run(context, signal, async (session, leaseSignal) => {
      // Somebody else may have read it since the facts were.
      if (duePull({ ...facts, asked, progress: toProgress(session.state) }) === null) return;
      const purpose = progress.completedMs === null ? "pull" : "reconcile";
      log.info({ table }, "full pull started");
      await runPull(context, session, { asked, purpose, signal: leaseSignal });
      log.info({ table, pull: summary(session.state) }, "full pull ended");
    });
  }

  return async (signal) => {
    const all = await facts();
    const read = new Set(all.filter(isRead).map(({ stream }) => stream.name));
    for (const fact of all) {
      const table = fact.stream.name;
      const { parent } = contexts.get(table)!;
      const isWaiting = parent !== null && !read.has(parent.stream.name);
      if (isWaiting || duePull(fact) === null || work.isResting(table)) continue;
      if (pulling.has(table) || pulling.size >= TABLES_AT_ONCE) continue;
      pulling.add(table);
      void pull(contexts.get(table)!, fact, signal).finally(() => pulling.delete(table));
    }
  };
}

function isRead({ progress }: TableFacts): boolean {
  return progress.pull !== null && progress.pull.state !== "running";
}

function summary(state: TableState): object {
  const { pull } = toProgress(state);
  return { state: pull?.state, rows: pull?.rows, calls: pull?.calls, message: pull?.message };
}
