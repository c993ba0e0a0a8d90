import { PermanentError, createGroupCommit, toError } from "@deskmirror/model";
import type { Change, Outcome, Sink, Table, TableState } from "@deskmirror/model";

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
  /** Only fills in detail that was due: the record's children did not change. */
  readonly fillsIn?: boolean;
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

function changedOutsidePulls(items: readonly Item[], changed: ReadonlySet<string>): readonly string[] {
  const keys = items.flatMap(({ session, fillsIn, changes }) =>
    session === undefined && fillsIn !== true ? changes.map(({ key }) => key) : [],
  );
  return [...new Set(keys)].filter((key) => changed.has(key));
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
  /** Told of the keys that changes outside a pull have changed, before those writes resolve. */
  readonly onChanged?: (keys: readonly string[]) => Promise<void>;
}): TableWriter {
  const { sink, table, now, onChanged } = options;

  const commits = createGroupCommit<Item>({
    maxItems: MAX_ITEMS,
    maxBytes: MAX_CHANGES,
    size: ({ changes }) => changes.length,
    write: async (items) => {
      const session = items.find((item) => item.session !== undefined)?.session;
      const state = items.reduce((before, { advance }) => advance?.(before!) ?? before, session?.state);
      const changed = new Set<string>();
      const written = await writeBatch(
        { changes: items.flatMap(({ changes }) => changes), changed },
        state === session?.state ? undefined : state,
      );
      if (session !== undefined && state !== undefined) session.state = state;
      if (onChanged !== undefined && changed.size > 0) await onChanged(changedOutsidePulls(items, changed));
      let from = 0;
      for (const item of items) item.written = written.slice(from, (from += item.changes.length));
    },
  });

  /** A batch the sink refuses for good is halved until the change that spoils it stands alone; the state goes last. */
  async function writeBatch({ changes, changed }: Changes, state?: TableState): Promise<readonly Written[]> {
    try {
      const horizonMs = now() + HORIZON_MS;
      const { outcomes, changedKeys } = await sink.write({ table, changes, horizonMs, ...(state && { state }) });
      for (const key of changedKeys) changed.add(key);
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
      if (state !== undefined) await writeBatch({ changes: [], changed }, state);
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
