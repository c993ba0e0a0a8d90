import type { Row, Sink, Table } from "@deskmirror/model";
import type { Chronicle } from "./chronicle.ts";

/** What the watch needs. */
export interface WatchOptions {
  readonly sink: Sink;
  readonly chronicle: Chronicle;
  /** Told of what must never happen. */
  readonly onBreach: (what: string) => void;
}

/**
 * A sink whose every commit is judged against Desk: no row goes back to an older state (I4), none comes back from the dead that Desk did
 * not bring back (I5), and none dies that Desk did not delete (I7). Our own versions are not looked at.
 */
export function watchSink({ sink, chronicle, onBreach }: WatchOptions): Sink {
  function judge(table: Table, before: Row | undefined, after: Row): void {
    const name = `${table.stream} ${after.key}`;
    const [then, now] = [modifiedOf(before), modifiedOf(after)];
    if (then !== null && now !== null && now < then) onBreach(`I4 ${name} went back from ${then} to ${now}`);
    const wasDead = before !== undefined && before.deletedMs !== null;
    if (wasDead && after.deletedMs === null && !chronicle.livedSince(table.stream, after.key, before.deletedMs)) {
      onBreach(`I5 ${name} came back from the dead of ${new Date(before.deletedMs).toISOString()}`);
    }
    if (
      !wasDead &&
      before !== undefined &&
      after.deletedMs !== null &&
      !chronicle.wasDeleted(table.stream, after.key)
    ) {
      onBreach(`I7 ${name} was never deleted in Desk`);
    }
  }

  return {
    ...sink,
    async write(batch) {
      const keys = [...new Set(batch.changes.map(({ key }) => key))];
      const before = new Map((await sink.rowsByKey(batch.table, keys)).map((row) => [row.key, row]));
      const result = await sink.write(batch);
      for (const row of await sink.rowsByKey(batch.table, result.changedKeys)) {
        judge(batch.table, before.get(row.key), row);
      }
      return result;
    },
  };
}

/** The source's own modified time, as the record in the sink says it. */
function modifiedOf(row: Row | undefined): string | null {
  const time = row?.data?.["modifiedTime"];
  return typeof time === "string" ? time : null;
}
