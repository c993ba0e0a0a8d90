import { PermanentError, createGroupCommit, toError, toVersionParts } from "@deskmirror/model";
import type { Change, Outcome, Row, Shown, Sink, StateChange, Table, TableState } from "@deskmirror/model";

/** What became of a change; a PermanentError when the sink will never take it. */
export type Written = Outcome | PermanentError;

/** The state of a table while a lease on it is held; every write of it carries the lease's epoch. */
export interface TableSession {
  state: TableState;
}

/** Changes of one table and, from the holder of its lease, the checkpoint that speaks of them. */
export interface Write {
  readonly changes: readonly Change[];
  readonly session?: TableSession;
  readonly advance?: (state: TableState) => TableState;
  /** What the page of a listing that these changes are proved. */
  readonly shown?: Shown;
  /** Nothing beside this table is due because of it: it is read for the first time, fills in detail, or was read because its parent changed. */
  readonly quiet?: boolean;
  /** Collects the keys of these changes whose row is another now. */
  readonly changed?: Set<string>;
}

/** The one way into a table. */
export interface TableWriter {
  readonly table: Table;
  /** Resolves after the commit with one result for each change, in order. TransientError, FencedError: nothing was written. */
  write(write: Write): Promise<readonly Written[]>;
}

interface Item extends Write {
  written: readonly Written[];
}

/** Changes to write, and where the keys they changed are collected. */
interface Changes {
  readonly changes: readonly Change[];
  readonly changed: Set<string>;
}

/** What is said of changes in their transaction. */
interface Said {
  readonly shown: readonly Shown[];
  readonly state: TableState | undefined;
}

const NOTHING_SAID: Said = { shown: [], state: undefined };

/** Changes that may make other tables due. */
function toLoud(items: readonly Item[]): readonly Change[] {
  return items.flatMap(({ quiet, changes }) => (quiet === true ? [] : changes.filter(isTelling)));
}

/**
 * What is only to be asked for tells nothing yet, but for an event of a child that lacks keys: its record may be here before it is asked for,
 * brought by its ticket's others, and the answer is then no news.
 */
function isTelling(change: Change): boolean {
  return change.op !== "refetch" || (change.origin === "event" && change.parentId !== null);
}

const isState = (change: Change): change is StateChange => change.op !== "refetch";

/** An event comes again when its writer ends before it has marked what the event touches. */
function comesAgain({ origin }: Change): boolean {
  return origin === "event";
}

/** Whether a change will make the row another one. */
function isNews(change: StateChange, row: Row | undefined): boolean {
  if (row === undefined || (change.op === "delete") !== (row.deletedMs !== null)) return true;
  const { core } = change;
  if (core === null || core.version < row.versions.core) return false;
  return toVersionParts(core.version)?.contentHash !== toVersionParts(row.versions.core)?.contentHash;
}

const MAX_ITEMS = 64;
const MAX_CHANGES = 5_000;

/** How far ahead of the source's clock a state may be before it is doubted. */
const HORIZON_MS = 10 * 60_000;

/** Writes of a table that arrive while another is in flight become one transaction. */
export function createTableWriter(options: {
  readonly sink: Sink;
  readonly table: Table;
  /** The source's clock, in ms. */
  readonly now: () => number;
  /**
   * Told of records that change: before their commit, so that no crash can swallow it; of events, which come again, beside it; of deletions
   * once more after it, since whoever reads what is due of one must find the row deleted.
   */
  readonly onTouched?: (changes: readonly Change[]) => Promise<void>;
  /** Told when rows that were tombstones are live again. */
  readonly onRestored?: () => void;
}): TableWriter {
  const { sink, table, now, onTouched, onRestored } = options;

  const commits = createGroupCommit<Item>({
    maxItems: MAX_ITEMS,
    maxBytes: MAX_CHANGES,
    size: ({ changes }) => changes.length,
    write: async (items) => {
      const session = items.find((item) => item.session !== undefined)?.session;
      const state = items.reduce((before, { advance }) => advance?.(before!) ?? before, session?.state);
      const changed = new Set<string>();
      const changes = items.flatMap((item) => item.changes);
      const loud = onTouched === undefined ? [] : toLoud(items);
      const events = loud.filter(comesAgain);
      const others = await keepNews(loud.filter(isState).filter((change) => !comesAgain(change)));
      if (others.length > 0) await onTouched?.(others);
      const [written] = await Promise.all([
        writeBatch(
          { changes, changed },
          { shown: items.flatMap(({ shown }) => shown ?? []), state: state === session?.state ? undefined : state },
        ),
        events.length > 0 && onTouched?.(events),
      ]);
      if (session !== undefined && state !== undefined) session.state = state;
      const deleted = loud.filter(({ op, key }) => op === "delete" && changed.has(key));
      if (deleted.length > 0) await onTouched?.(deleted);
      let from = 0;
      for (const item of items) {
        item.written = written.slice(from, (from += item.changes.length));
        for (const { key } of item.changes) if (changed.has(key)) item.changed?.add(key);
      }
    },
  });

  /** Leaves out what is here as it was read. */
  async function keepNews(changes: readonly StateChange[]): Promise<readonly StateChange[]> {
    if (changes.length === 0) return [];
    const keys = changes.map(({ key }) => key);
    const rows = new Map((await sink.rowsByKey(table, keys)).map((row) => [row.key, row]));
    return changes.filter((change) => isNews(change, rows.get(change.key)));
  }

  /** A batch the sink refuses for good is halved until the change that spoils it stands alone; what speaks of the changes goes last. */
  async function writeBatch({ changes, changed }: Changes, said: Said = NOTHING_SAID): Promise<readonly Written[]> {
    try {
      const horizonMs = now() + HORIZON_MS;
      const { shown, state } = said;
      const batch = { table, changes, horizonMs, shown, ...(state && { state }) };
      const { outcomes, changedKeys, restored } = await sink.write(batch);
      for (const key of changedKeys) changed.add(key);
      if (restored > 0) onRestored?.();
      return outcomes;
    } catch (error) {
      if (!(error instanceof PermanentError) || changes.length === 0) throw toError(error);
      const middle = changes.length >> 1;
      const written =
        middle === 0
          ? [error]
          : [
              ...(await writeBatch({ changes: changes.slice(0, middle), changed })),
              ...(await writeBatch({ changes: changes.slice(middle), changed })),
            ];
      if (said !== NOTHING_SAID) await writeBatch({ changes: [], changed }, said);
      return written;
    }
  }

  return {
    table,
    async write(write) {
      const item: Item = { ...write, written: [] };
      await commits.add(item);
      return item.written;
    },
  };
}
