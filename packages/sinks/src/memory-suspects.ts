import type { Row, Shown, Suspect, Suspects, Table } from "@deskmirror/model";
import { isAside, toLifeParts } from "@deskmirror/model";

/** A suspect, the last listing that lacked it, and since when it is held (ms); null while it is not. */
interface StoredSuspect extends Suspect {
  readonly listing: number;
  readonly heldSinceMs: number | null;
}

/** Suspects of a table by key. */
export type MemorySuspects = Map<string, StoredSuspect>;

/** What keeping suspects needs of the sink around them. */
interface Surroundings {
  readonly of: (table: Table) => MemorySuspects;
  readonly ofSource: (source: string) => ReadonlyMap<string, MemorySuspects>;
  /** Raises doubts; those that are open stay as they are. */
  readonly doubt: (table: Table, suspects: readonly Suspect[]) => void;
  readonly endDoubt: (table: Table, key: string) => void;
  readonly now: () => number;
}

const KEYS_SHOWN = 20;

/** Live rows of a span that a listing lacks become its suspects, those it shows are none. */
export function addUnshown(suspects: MemorySuspects, live: readonly Row[], shown: Shown): void {
  const { listing, fromMs, toMs, asideKey } = shown;
  const keys = new Set(shown.keys);
  const [from, to] = [new Date(fromMs).toISOString(), new Date(toMs).toISOString()];
  for (const { key, parentId, data, versions } of live) {
    const createdTime = data?.["createdTime"];
    if (typeof createdTime !== "string" || createdTime < from || createdTime >= to || keys.has(key)) continue;
    if (isAside(asideKey, data)) continue;
    put(suspects, listing, { key, parentId, afterMs: toLifeParts(versions.life)?.atMs ?? 0 });
  }
  for (const key of keys) if (suspects.get(key)?.listing === listing) suspects.delete(key);
}

function put(suspects: MemorySuspects, listing: number, suspect: Suspect): void {
  const heldSinceMs = suspects.get(suspect.key)?.heldSinceMs ?? null;
  suspects.set(suspect.key, { ...suspect, listing, heldSinceMs });
}

/** The suspects of a memory sink. */
export function createMemorySuspects({ of, ofSource, doubt, endDoubt, now }: Surroundings): Suspects {
  function ask(table: Table, which: (suspect: StoredSuspect) => boolean): number {
    const suspects = of(table);
    const asked = [...suspects.values()].filter(which);
    for (const one of asked) suspects.set(one.key, { ...one, heldSinceMs: null });
    doubt(table, asked);
    return asked.length;
  }

  function hold(suspects: MemorySuspects, one: StoredSuspect): void {
    suspects.set(one.key, { ...one, heldSinceMs: one.heldSinceMs ?? now() });
  }

  return {
    async add(table, listing, suspects) {
      for (const suspect of suspects) put(of(table), listing, suspect);
    },
    async count(table, listing) {
      return [...of(table).values()].filter((one) => one.listing === listing).length;
    },
    async end(table, listing, verdict) {
      const suspects = of(table);
      for (const one of suspects.values()) if (one.listing !== listing) suspects.delete(one.key);
      if (verdict === "ask") ask(table, () => true);
      else for (const one of suspects.values()) hold(suspects, one);
    },
    async hold(table, key) {
      const one = of(table).get(key);
      if (one === undefined) return false;
      hold(of(table), one);
      endDoubt(table, key);
      return true;
    },
    async held(source) {
      const tables = [...ofSource(source)].toSorted(([left], [right]) => (left < right ? -1 : 1));
      return tables.flatMap(([stream, suspects]) => {
        const held = [...suspects.values()].filter(({ heldSinceMs }) => heldSinceMs !== null);
        if (held.length === 0) return [];
        const keys = held.map(({ key }) => key).toSorted();
        const sinceMs = Math.min(...held.map(({ heldSinceMs }) => heldSinceMs!));
        return [{ stream, count: held.length, keys: keys.slice(0, KEYS_SHOWN), sinceMs }];
      });
    },
    async decide(table, verdict) {
      const isHeld = ({ heldSinceMs }: StoredSuspect): boolean => heldSinceMs !== null;
      if (verdict === "ask") return ask(table, isHeld);
      const held = [...of(table).values()].filter(isHeld);
      for (const { key } of held) of(table).delete(key);
      return held.length;
    },
  };
}
