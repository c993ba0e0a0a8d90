import type { DeadLetter, Page, Purpose, Sink, Source, Stream, TableState } from "@deskmirror/model";
import type { Log } from "@deskmirror/runtime";
import { NO_PROGRESS } from "./progress.ts";
import type { Progress } from "./progress.ts";
import type { TableSession, TableWriter } from "./table-writer.ts";

/** What work on one table of one data source needs. */
export interface TableContext {
  readonly stream: Stream;
  readonly source: Source;
  readonly sink: Sink;
  readonly writer: TableWriter;
  /** The table whose records this one is read under; null when there is none in the sink. */
  readonly parent: TableContext | null;
  readonly addDeadLetters: (letters: readonly DeadLetter[]) => Promise<void>;
  readonly log: Log;
}

/** The progress a table's state holds. */
export function toProgress(state: TableState | undefined): Progress {
  return { ...NO_PROGRESS, ...(state?.progress as Partial<Progress> | undefined) };
}

/** A state with other progress. */
export function withProgress(state: TableState, progress: Partial<Progress>): TableState {
  return { ...state, progress: { ...toProgress(state), ...progress } };
}

/** A page to write, and the checkpoint it moves. */
export interface PageWrite {
  readonly page: Page;
  readonly session?: TableSession;
  readonly advance?: (state: TableState) => TableState;
  /** The listing that the page is of, by its number; left out where it proves nothing of other rows. */
  readonly listing?: number;
  /** See `Write`. */
  readonly quiet?: boolean;
  /** See `Write`. */
  readonly changed?: Set<string>;
}

/** Writes a page; rows the sink refuses for good become dead letters `pull:<table>:<key>`. */
export async function writePage(
  context: TableContext,
  { page, session, advance, listing, changed, quiet = false }: PageWrite,
): Promise<void> {
  const { writer, stream } = context;
  const proof =
    listing === undefined || page.shown === null
      ? {}
      : { shown: { ...page.shown, listing, asideKey: stream.asideKey } };
  const checkpoint = session === undefined || advance === undefined ? {} : { session, advance };
  const written = await writer.write({
    changes: page.changes,
    quiet,
    ...proof,
    ...checkpoint,
    ...(changed && { changed }),
  });
  const refused = page.changes.flatMap((change, index): DeadLetter[] => {
    const result = written[index];
    if (!(result instanceof Error)) return [];
    const table = writer.table.stream;
    return [
      {
        id: `pull:${table}:${change.key}`,
        source: writer.table.source,
        events: 1,
        receivedMs: Date.now(),
        eventType: null,
        table,
        key: change.key,
        reason: "sink",
        message: result.message,
        attempts: 1,
        body: JSON.stringify(change),
      },
    ];
  });
  if (refused.length > 0) await context.addDeadLetters(refused);
}

/** How to read a set of readings of one table. */
export interface ReadOptions {
  readonly purpose: Purpose;
  readonly signal: AbortSignal;
}
