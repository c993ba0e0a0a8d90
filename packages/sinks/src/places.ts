import type { Batch, Mode, Table } from "@deskmirror/model";

/** A table, and how its source is shown: together they tell what it is called. */
export interface PlacedTable extends Table {
  readonly mode: Mode;
}

/** A batch of a table whose place is known. */
export interface PlacedBatch extends Batch {
  readonly table: PlacedTable;
}

/** The name under which documents are stored. */
export function storedName({ stream, mode }: Pick<PlacedTable, "stream" | "mode">): string {
  return mode === "csv" ? `_${stream}` : stream;
}

/** The name of the flat view. */
export function flatName({ stream, mode }: Pick<PlacedTable, "stream" | "mode">): string {
  return mode === "csv" ? stream : `${stream}_flat`;
}

/** Where tables are, as this process believes. */
export interface Places {
  /**
   * Does something with a table where it is believed to be; again where it is now when it is not there, since another process may have
   * changed its mode meanwhile.
   */
  readonly at: <T>(table: Table, work: (placed: PlacedTable) => Promise<T>) => Promise<T>;
  /** Forgets the mode of a source, which may have changed. */
  readonly forget: (source: string) => void;
}

/** What finding tables needs of a sink. */
export interface PlacesOptions {
  /** The mode of a source; `document` when nothing is known of it. */
  readonly readMode: (source: string) => Promise<Mode>;
  /** Whether an error says that a name, or a column under it, is not there. */
  readonly isMissing: (error: unknown) => boolean;
}

/** A mode may change there and back between a look and the work. */
const MAX_LOOKS = 3;

/** Remembers the mode of each source, so that a write need not ask. */
export function createPlaces({ readMode, isMissing }: PlacesOptions): Places {
  const modes = new Map<string, Mode>();

  async function ask(source: string): Promise<Mode> {
    const mode = await readMode(source);
    modes.set(source, mode);
    return mode;
  }

  return {
    async at(table, work) {
      let mode = modes.get(table.source) ?? (await ask(table.source));
      for (let looks = 1; ; looks++) {
        try {
          return await work({ ...table, mode });
        } catch (error) {
          if (!isMissing(error) || looks === MAX_LOOKS) throw error;
          mode = await ask(table.source);
        }
      }
    },
    forget: (source) => void modes.delete(source),
  };
}
