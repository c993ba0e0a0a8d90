import { toContentVersion, toLifeParts, toLifeVersion, toVersionParts } from "@deskmirror/model";
import type { Change, Register, Row, RowVersions, Sink } from "@deskmirror/model";
import type { Broken } from "./history.ts";

/** A sink to which every change comes as a broken rule would let it in. */
function breakChanges(sink: Sink, breakChange: (change: Change, row: RowVersions) => Change): Sink {
  return {
    ...sink,
    async write(batch) {
      const keys = [...new Set(batch.changes.map(({ key }) => key))];
      const rows = new Map((await sink.rowsByKey(batch.table, keys)).map((row): [string, Row] => [row.key, row]));
      const changes = batch.changes.map((change) => {
        const row = rows.get(change.key);
        return row === undefined ? change : breakChange(change, row.versions);
      });
      return sink.write({ ...batch, changes });
    },
  };
}

/** The smallest version that wins over a row's own. */
function past(register: Register, row: string): Register {
  const known = toVersionParts(row);
  if (known === null || register.version > row) return register;
  return { ...register, version: toContentVersion({ ...known, currentMs: known.currentMs + 1 }) };
}

/** The product with one of its rules taken out, by what goes wrong then. */
export const broken = {
  "an older page wins": {
    sink: (sink) =>
      breakChanges(sink, (change, row) =>
        change.op !== "refetch" && (change.origin === "list" || change.origin === "search") && change.core !== null
          ? { ...change, core: past(change.core, row.core) }
          : change,
      ),
  },
  "any upsert undoes a tombstone": {
    sink: (sink) =>
      breakChanges(sink, (change, row) => {
        const life = toLifeParts(row.life);
        if (change.op !== "upsert" || life === null || !life.dead) return change;
        return { ...change, life: toLifeVersion(life.atMs + 1, "alive") };
      }),
  },
  "a delivery is answered before it is stored": {
    answer: async (taken) => {
      taken.catch(() => {});
    },
  },
} as const satisfies Readonly<Record<string, Broken>>;
