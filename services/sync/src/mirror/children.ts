import type { Cursor } from "@deskmirror/model";
import { readAll, toReadings } from "./read-all.ts";
import { doubtUnseen } from "./suspects.ts";
import { writePage } from "./table-context.ts";
import type { ReadOptions, TableContext } from "./table-context.ts";

const READINGS_AT_ONCE = 4;

/** Reads all children of one record whole; rows of it that the reading lacks become doubts. */
export async function readChildren(context: TableContext, parentKey: string, options: ReadOptions): Promise<void> {
  const { source, stream } = context;
  const shown = new Set<string>();
  const cursors = await source.plan(stream.name, [parentKey], options);
  const readings = await readAll({
    readings: toReadings(cursors),
    concurrency: READINGS_AT_ONCE,
    signal: options.signal,
    readPage: (cursor: Cursor) => source.page(stream.name, cursor, options),
    write: async (page) => {
      for (const { key } of page.changes) shown.add(key);
      await writePage(context, { page, quiet: true });
    },
  });
  if (readings.every(({ shortfall }) => shortfall === null)) {
    await doubtUnseen(context, shown, parentKey);
  }
}
