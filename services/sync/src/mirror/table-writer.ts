import { PermanentError, createGroupCommit, toError } from "@deskmirror/model";
import type { Change, Outcome, Shown, Sink, Table, TableState } from "@deskmirror/model";

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

/**
 * Changes that may make other tables due: those told by an event or a GET, and those found by comparing, a pull's too. A deletion counts as both:
 * whoever reads what is due of it must find the row deleted.
 */
function toTouches(items: readonly Item[]): { readonly told: readonly Change[]; readonly found: readonly Change[] } {
  const loud = items.flatMap(({ quiet, changes }) =>
    quiet === true ? [] : changes.filter(({ op }) => op !== "refetch"),
  );
  const isTold = ({ origin }: Change): boolean => origin === "event" || origin === "get";
  return { told: loud.filter(isTold), found: loud.filter((change) => !isTold(change) || change.op === "delete") };
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
   * Told of records that changed, before those writes resolve; of events and GETs while they are written, so that no crash after the
   * commit can swallow it.
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
      const { told, found } = onTouched === undefined ? { told: [], found: [] } : toTouches(items);
      const [written] = await Promise.all([
        writeBatch(
          { changes, changed },
          { shown: items.flatMap(({ shown }) => shown ?? []), state: state === session?.state ? undefined : state },
        ),
        told.length > 0 && onTouched?.(told),
      ]);
      if (session !== undefined && state !== undefined) session.state = state;
      const foundChanged = found.filter(({ key }) => changed.has(key));
      if (foundChanged.length > 0) await onTouched?.(foundChanged);
      let from = 0;
      for (const item of items) {
        item.written = written.slice(from, (from += item.changes.length));
        for (const { key } of item.changes) if (changed.has(key)) item.changed?.add(key);
      }
    },
  });

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
