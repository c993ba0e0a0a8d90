import type { BinPage, Change, Cursor, Doubt, Source } from "@deskmirror/model";
import type { Progress } from "./progress.ts";
import { INDEX_LAG_MS } from "./pull.ts";
import { readAll, toReadings } from "./read-all.ts";
import type { Untold } from "./silence.ts";
import { toProgress, withProgress, writePage } from "./table-context.ts";
import type { ReadOptions, TableContext } from "./table-context.ts";
import type { TableSession } from "./table-writer.ts";

/** A round looks back this far before the watermark: clocks and the search index are never exact. */
const OVERLAP_MS = 10 * 60_000;
const READINGS_AT_ONCE = 4;

/** The bin erases after 60 days; later nothing can be learnt from it. Zoho Desk OAS, Ticket.json, moveTicketsToTrash. */
const BIN_KEEPS_MS = 60 * 24 * 60 * 60_000;
const PAGE = 500;

/** A round of a table. */
export interface ReconcileOptions extends ReadOptions {
  /** The round's start on the source's clock, before the bin was read (ms). */
  readonly startedMs: number;
  /** The same when the bin was read whole; else null. */
  readonly binReadMs: number | null;
  /** This table's part of what reading the bin cost. */
  readonly binCredits: number;
}

/** What a round of a table did; `shortfall`: why what was modified is not proven, null when it is. */
export interface Reconciled {
  readonly rows: number;
  readonly calls: number;
  readonly credits: number;
  readonly shortfall: string | null;
  /** The oldest change it found that nothing had told of here; null when there was none. */
  readonly untold: Untold | null;
}

/**
 * Reads what was modified since the table's watermark and moves it: from then on everything up to the round's start less the index's lag
 * is proven in the sink.
 */
export async function reconcileTable(
  context: TableContext,
  session: TableSession,
  options: ReconcileOptions,
): Promise<Reconciled> {
  const { source, stream } = context;
  const spent = { rows: 0, calls: 0, credits: 0 };
  const provenMs = session.state.watermarkMs ?? 0;
  const sinceMs = provenMs - OVERLAP_MS;
  let untoldMs = Infinity;
  const cursors = await source.changedSince(stream.name, sinceMs, options);
  const readings = await readAll({
    readings: toReadings(cursors),
    concurrency: READINGS_AT_ONCE,
    signal: options.signal,
    readPage: (cursor: Cursor) => source.page(stream.name, cursor, options),
    write: async (page) => {
      spent.rows += page.rows;
      spent.calls += 1;
      spent.credits += page.credits;
      const changed = new Set<string>();
      await writePage(context, { page, changed });
      for (const change of page.changes) {
        if (change.op === "upsert" && changed.has(change.key))
          untoldMs = Math.min(untoldMs, change.modifiedMs ?? Infinity);
      }
    },
  });
  const shortfall = readings.find((reading) => reading.shortfall !== null)?.shortfall ?? null;
  const watermarkMs = options.startedMs - INDEX_LAG_MS;
  await context.writer.write({
    changes: [],
    session,
    advance: (state) => ({
      ...withProgress(state, {
        reconciledMs: source.now(),
        binReadMs: options.binReadMs ?? toProgress(state).binReadMs,
        roundCredits: average(toProgress(state), spent.credits + options.binCredits),
      }),
      watermarkMs: shortfall === null ? Math.max(state.watermarkMs ?? 0, watermarkMs) : state.watermarkMs,
    }),
  });
  return { ...spent, shortfall, untold: untoldMs === Infinity ? null : { provenMs, modifiedMs: untoldMs } };
}

/** One round after much was changed must not stretch the interval for long. */
function average({ roundCredits, reconciledMs }: Progress, credits: number): number {
  return reconciledMs === null ? credits : roundCredits + (credits - roundCredits) / 4;
}

/** How to read the recycle bin. */
export interface ReadBin extends ReadOptions {
  readonly source: Source;
  readonly contexts: ReadonlyMap<string, TableContext>;
  /** Read back to this time (ms); 0 reads it whole. */
  readonly sinceMs: number;
}

/**
 * Writes the deletions the recycle bin lists since a time. A whole reading also doubts every younger tombstone that the bin no longer
 * lists: such a record was restored, or erased for good, and only a GET tells which. Gives the credits it cost.
 */
export async function readBin(options: ReadBin): Promise<number> {
  const { source, contexts, sinceMs } = options;
  let credits = 0;
  const listed = new Map<string, Set<string>>();
  for (let cursor: Cursor | null = null, first = true; first || cursor !== null; first = false) {
    const page: BinPage = await source.bin(cursor, options);
    credits += page.credits;
    for (const [stream, changes] of groupByStream(page)) {
      const context = contexts.get(stream);
      if (context === undefined) continue;
      await context.writer.write({ changes });
      const keys = listed.get(stream) ?? new Set();
      listed.set(stream, keys);
      for (const { key } of changes) keys.add(key);
    }
    const oldestMs = Math.min(...page.changes.map(({ change }) => change.deletedMs));
    cursor = oldestMs < sinceMs ? null : page.next;
  }
  if (sinceMs > 0) return credits;
  for (const [stream, context] of contexts) {
    if (context.stream.inBin) await doubtUnlisted(context, listed.get(stream) ?? new Set());
  }
  return credits;
}

function groupByStream(page: BinPage): ReadonlyMap<string, Change[]> {
  const groups = new Map<string, Change[]>();
  for (const { stream, change } of page.changes) {
    const group = groups.get(stream);
    if (group === undefined) groups.set(stream, [change]);
    else group.push(change);
  }
  return groups;
}

async function doubtUnlisted(context: TableContext, listed: ReadonlySet<string>): Promise<void> {
  const { sink, source, writer, stream } = context;
  const nowMs = source.now();
  const deletedAfterMs = nowMs - BIN_KEEPS_MS;
  // Of a child that only its deletion told of, nobody can ask, since nobody knows its ticket: if it is back, its ticket's list shows it.
  const isAskable = (parentId: string | null): boolean => !stream.perTicket || parentId !== null;
  for (let after = ""; ;) {
    const rows = await sink.rows(writer.table, { after, limit: PAGE, deletedAfterMs });
    const doubts = rows.flatMap(({ key, parentId, deletedMs }): Doubt[] =>
      listed.has(key) || !isAskable(parentId)
        ? []
        : [{ key, parentId, afterMs: Math.min(deletedMs!, nowMs), contradiction: null }],
    );
    if (doubts.length > 0) await sink.addDoubts(writer.table, doubts);
    if (rows.length < PAGE) return;
    after = rows.at(-1)!.key;
  }
}
