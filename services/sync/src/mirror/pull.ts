import type { Cursor } from "@deskmirror/model";
import type { Pull, Reading } from "./progress.ts";
import { readAll, toReadings } from "./read-all.ts";
import { lowerBound, suspectUnseen, weighSuspects } from "./suspects.ts";
import { toProgress, withProgress, writePage } from "./table-context.ts";
import type { ReadOptions, TableContext } from "./table-context.ts";
import type { TableSession } from "./table-writer.ts";

/** Parents whose children are planned together: one checkpoint for each such group. */
const PARENTS_AT_ONCE = 50;
/** Readings of a table that are under way at once. */
export const READINGS_AT_ONCE = 8;

/** After a complete pull everything up to its start less this is proven: search shows a change no later. */
export const INDEX_LAG_MS = 2 * 60_000;

/** Options of a pull. */
export interface PullOptions extends ReadOptions {
  /** The number of the pull that was asked for. */
  readonly asked: number;
}

/**
 * Reads a table whole, or goes on where a crash left it. Each page commits with the checkpoint that speaks of it (docs/invariants.md, I6).
 * Ends with the table's pull `complete` or `incomplete`.
 */
export async function runPull(context: TableContext, session: TableSession, options: PullOptions): Promise<void> {
  if (currentPull(session)?.state !== "running" || currentPull(session)!.asked < options.asked) {
    await beginPull(context, session, options);
  }
  for (;;) {
    await readReadings(context, session, options);
    const pull = currentPull(session)!;
    if (pull.parentsAfter === null) return finishPull(context, session, pull);
    await planChildren(context, session, options);
  }
}

function currentPull(session: TableSession): Pull | null {
  return toProgress(session.state).pull;
}

/** Commits a new state of the pull without rows. */
async function savePull(context: TableContext, session: TableSession, change: (pull: Pull) => Pull): Promise<void> {
  await context.writer.write({
    changes: [],
    session,
    advance: (state) => withProgress(state, { pull: change(toProgress(state).pull!) }),
  });
}

async function beginPull(context: TableContext, session: TableSession, options: PullOptions): Promise<void> {
  const { source, stream, sink, writer } = context;
  const expected = await source.count(stream.name, options);
  const startedMs = source.now();
  const walksParents = context.parent !== null;
  const cursors = walksParents ? [] : await source.plan(stream.name, [], options);
  const { deleted } = await sink.count(writer.table);
  const before = currentPull(session);
  const pull: Pull = {
    asked: Math.max(options.asked, before?.asked ?? 0),
    isFirst: before === null || (before.state === "running" && before.isFirst),
    state: "running",
    startedMs,
    finishedMs: null,
    readings: toReadings(cursors),
    parentsAfter: walksParents ? "" : null,
    parentsUntil: walksParents ? "" : null,
    distinct: 0,
    rows: 0,
    calls: 0,
    credits: 0,
    expected,
    deletedBefore: deleted,
    boundMs: startedMs,
    isDoubtful: before?.isDoubtful ?? false,
    message: null,
  };
  await writer.write({ changes: [], session, advance: (state) => withProgress(state, { pull }) });
}

async function readReadings(context: TableContext, session: TableSession, options: ReadOptions): Promise<void> {
  const { source, stream } = context;
  // Once it was listed, complete or not, its children may have been read before it.
  const { startedMs: listing, isFirst: quiet, readings } = currentPull(session)!;
  await readAll({
    readings,
    concurrency: READINGS_AT_ONCE,
    signal: options.signal,
    readPage: (cursor: Cursor) => source.page(stream.name, cursor, options),
    write: (page, advance) =>
      writePage(context, {
        page,
        session,
        listing,
        quiet,
        advance: (state) => {
          const pull = toProgress(state).pull!;
          return withProgress(state, {
            pull: {
              ...pull,
              readings: advance(pull.readings),
              rows: pull.rows + page.rows,
              calls: pull.calls + 1,
              credits: pull.credits + page.credits,
              boundMs: lowerBound(pull.boundMs, page.changes),
            },
          });
        },
      }),
  });
}

/**
 * New readings for the next parents' children take the place of those that are over. The checkpoint tells of a span before the parents in it
 * are looked for: the children of one that comes into it later are read by whoever is told of it.
 */
async function planChildren(context: TableContext, session: TableSession, options: ReadOptions): Promise<void> {
  const { source, stream } = context;
  const { parentsAfter, parentsUntil } = currentPull(session)!;
  const next = await nextParents(context, parentsAfter!);
  const keys = parentsUntil === null ? next : next.filter((key) => key <= parentsUntil);
  const cursors = keys.length === 0 ? [] : await source.plan(stream.name, keys, options);
  const after = keys.length < PARENTS_AT_ONCE ? (parentsUntil ?? keys.at(-1) ?? null) : keys.at(-1)!;
  const ahead = after === null ? [] : await nextParents(context, after);
  await savePull(context, session, (pull) => ({
    ...endReadings(pull),
    readings: toReadings(cursors),
    parentsAfter: after,
    parentsUntil: ahead.length < PARENTS_AT_ONCE ? null : ahead.at(-1)!,
  }));
}

async function nextParents({ sink, parent }: TableContext, after: string): Promise<readonly string[]> {
  const rows = await sink.rows(parent!.writer.table, { after, limit: PARENTS_AT_ONCE });
  return rows.map(({ key }) => key);
}

/** Adds up the readings that are over and lets them go. */
function endReadings(pull: Pull): Pull {
  const message = pull.message ?? shortfallOf(pull.readings);
  return { ...pull, readings: [], message, distinct: pull.distinct + distinctOf(pull.readings) };
}

async function finishPull(context: TableContext, session: TableSession, running: Pull): Promise<void> {
  const { source, sink, writer } = context;
  const pull = endReadings(running);
  const { deleted } = await sink.count(writer.table);
  const shortfall = pull.message ?? countShortfall(pull, { deleted, countedToo: await countAlso(context) });
  const { isDoubtful, message } =
    shortfall === null ? await judgeUnseen(context, pull) : { isDoubtful: pull.isDoubtful, message: shortfall };
  const complete = message === null;
  const finishedMs = source.now();
  await writer.write({
    changes: [],
    session,
    advance: (state) => ({
      ...withProgress(state, {
        pull: { ...pull, state: complete ? "complete" : "incomplete", finishedMs, isDoubtful, message },
        ...(complete ? { completedMs: finishedMs } : {}),
        readCredits: pull.credits,
      }),
      watermarkMs: complete ? Math.max(state.watermarkMs ?? 0, pull.startedMs - INDEX_LAG_MS) : state.watermarkMs,
    }),
  });
}

/**
 * What a complete listing lacks is asked for. When that is very much, the listing is first read again; when it still is, nothing is asked
 * and nothing deleted before a person says so (docs/invariants.md, I7).
 */
async function judgeUnseen(context: TableContext, pull: Pull): Promise<Pick<Pull, "isDoubtful" | "message">> {
  const { sink, writer, log, stream } = context;
  const listing = pull.startedMs;
  // The first pull too: a source made again adopts the rows of the one before it.
  await suspectUnseen(context, listing, pull.boundMs);
  const { lacks, rows, isBrake } = await weighSuspects(context, listing);
  if (isBrake && !pull.isDoubtful) {
    const message = `The listing lacks ${lacks} of the ${rows} rows here; it is read again by itself before any of it is believed.`;
    return { isDoubtful: true, message };
  }
  await sink.suspects.end(writer.table, listing, isBrake ? "hold" : "ask");
  if (isBrake)
    log.warn({ table: stream.name, lacks, rows }, "a listing lacks so many rows that they are held for a person");
  return { isDoubtful: isBrake, message: null };
}

function shortfallOf(readings: readonly Reading[]): string | null {
  return readings.find(({ shortfall }) => shortfall !== null)?.shortfall ?? null;
}

function distinctOf(readings: readonly Reading[]): number {
  return readings.reduce((sum, { distinct }) => sum + distinct, 0);
}

/** Rows of another table that Zoho may have counted among this one's. */
async function countAlso({ sink, stream, writer: { table } }: TableContext): Promise<number> {
  const { countsAlso } = stream;
  if (countsAlso === null || !(await sink.states(table.source)).has(countsAlso)) return 0;
  return (await sink.count({ ...table, stream: countsAlso, core: null })).rows;
}

function countShortfall(pull: Pull, now: { readonly deleted: number; readonly countedToo: number }): string | null {
  if (pull.expected === null) return null;
  const least = pull.expected - Math.max(0, now.deleted - pull.deletedBefore) - now.countedToo;
  if (pull.distinct >= least) return null;
  return `Zoho counts ${pull.expected} records, the listing showed ${pull.distinct}; it is read again by itself.`;
}
