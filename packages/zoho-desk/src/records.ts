import { PermanentError, TransientError, isJsonObject } from "@deskmirror/model";
import type { RequestOptions, Tombstone, Upsert } from "@deskmirror/model";
import type { SourceClock } from "./clock.ts";
import type { DeskClient } from "./http/client.ts";
import { startList } from "./paging/cursor.ts";
import type { ListCursor } from "./paging/cursor.ts";
import { readList } from "./paging/read-list.ts";
import { isNotFound } from "./paging/rows.ts";
import type { RowReader } from "./paging/rows.ts";
import { findSpec } from "./streams/index.ts";
import type { StreamSpec } from "./streams/spec.ts";
import { isDeleted, missingCore, toChange, toTombstone } from "./to-change.ts";
import { toCount } from "./values.ts";

/** One record as it is asked for. */
export interface RecordName {
  readonly spec: StreamSpec;
  readonly key: string;
  readonly parentId: string | null;
}

/** Asks for single records. */
export interface RecordReader {
  /** Its state, or the proof that it is gone. PermanentError FORBIDDEN: the agent who authorized may not see it, which proves nothing. */
  get(name: RecordName, options: RequestOptions): Promise<Upsert | Tombstone>;
}

/** What a record reader is made of. */
export interface RecordReaderOptions {
  readonly client: DeskClient;
  readonly reader: RowReader;
  readonly clock: SourceClock;
  /** Our own time in ms, by which the clock goes. */
  readonly monotonicMs: () => number;
  readonly absentKeys: (stream: string) => ReadonlySet<string>;
  /** Told of the core keys a GET lacked. */
  readonly onMissing: (stream: string, keys: readonly string[]) => void;
}

/** A record reader over a client: by id where Zoho has that, else, or where that finds nothing, by looking through the record's list. */
export function createRecordReader(options: RecordReaderOptions): RecordReader {
  const { client, reader, absentKeys, onMissing } = options;

  async function byId({ spec, key, parentId }: RecordName, request: RequestOptions): Promise<Upsert | Tombstone> {
    const { path, query } = spec.get!;
    const filled = path.replace(":parent", parentId ?? "").replace(":key", encodeURIComponent(key));
    const sinceMs = options.monotonicMs();
    try {
      const ask = { path: filled, table: spec.name, scopes: spec.scopes, ...(query === undefined ? {} : { query }) };
      const { body, boundMs } = await client.send(ask, request);
      if (!isJsonObject(body)) throw new TransientError(`${filled} is no record`, { code: "SHAPE" });
      const missing = missingCore(spec, body);
      if (missing.length > 0) onMissing(spec.name, missing);
      const seen = { origin: "get", atMs: boundMs, parentId, absentKeys: absentKeys(spec.name) } as const;
      const change = toChange(spec, body, seen);
      if (change === null || change.op === "refetch")
        throw new TransientError(`${filled} is no record`, { code: "SHAPE" });
      return change;
    } catch (error) {
      if (!isNotFound(error)) throw error;
      // Of streams without search not every path by id is documented; one that Zoho does not know would be 404 for every record.
      if (spec.search === null) return byListOrGone({ spec, key, parentId }, request);
      return toTombstone(key, "get", boundSince(options, sinceMs), parentId);
    }
  }

  /** Looks for a record that a GET did not find; its list may be gone with its parent. */
  async function byListOrGone(name: RecordName, request: RequestOptions): Promise<Upsert | Tombstone> {
    const sinceMs = options.monotonicMs();
    try {
      return await byList(name, request);
    } catch (error) {
      if (isNotFound(error)) return toTombstone(name.key, "get", boundSince(options, sinceMs), name.parentId);
      throw error;
    }
  }

  async function byList({ spec, key, parentId }: RecordName, request: RequestOptions): Promise<Upsert | Tombstone> {
    const sinceMs = options.monotonicMs();
    let rows = 0;
    for (let cursor: ListCursor | null = startList(parentId); cursor !== null;) {
      const page = await readList({ spec, cursor, reader, options: request });
      rows += page.rows.length;
      const row = page.rows.find((one) => spec.toKey(one, parentId) === key);
      if (row !== undefined) {
        const seen = { origin: "get", atMs: page.boundMs, parentId, absentKeys: absentKeys(spec.name) } as const;
        const change = toChange(spec, row, seen);
        if (change !== null && change.op !== "refetch") return change;
      }
      if (page.shortfall !== null)
        throw new PermanentError(`${spec.name} ${key} may lie beyond its list: ${page.shortfall}`);
      cursor = page.next;
    }
    if (rows === 0) await assertIsEmpty({ spec, key, parentId }, request);
    return toTombstone(key, "get", boundSince(options, sinceMs), parentId);
  }

  /**
   * An empty list is believed where nothing contradicts it. Where a parameter names the parent, the list of one that the agent may not see
   * is empty, too: PermanentError FORBIDDEN. Where nothing is known by id, the parent must say the same: PermanentError when it does not.
   */
  async function assertIsEmpty({ spec, parentId }: RecordName, request: RequestOptions): Promise<void> {
    const isAlone = spec.get === null && (spec.countedBy !== null || spec.isNeverEmpty);
    const parent = spec.list.parentParam === undefined && !isAlone ? null : findSpec(spec.parent ?? "");
    if (parent === null || parent.get === null || parentId === null) return;
    const path = parent.get.path.replace(":key", encodeURIComponent(parentId));
    try {
      const { body } = await client.send({ path, table: parent.name, scopes: parent.scopes }, request);
      if (!isAlone || !isJsonObject(body) || isDeleted(parent, body)) return;
      const count = spec.countedBy === null ? null : toCount(body[spec.countedBy]);
      if (spec.isNeverEmpty || (count ?? 0) > 0)
        throw new PermanentError(
          `the list of ${spec.name} of ${parentId} is empty, but cannot be: nothing is believed of it`,
        );
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  return {
    get(name, request) {
      if (name.spec.parent !== null && needsParent(name)) {
        const message = `${name.spec.name} ${name.key} cannot be asked for: nothing says which of the ${name.spec.parent} it belongs to`;
        return Promise.reject(new PermanentError(message, { code: "NO_PARENT" }));
      }
      return name.spec.get === null ? byList(name, request) : byId(name, request);
    },
  };
}

function needsParent({ spec, parentId }: RecordName): boolean {
  return parentId === null && (spec.get === null || spec.get.path.includes(":parent"));
}

const marginMs = 2000;

/** A bound from below on Zoho's clock of a moment of our own time. */
function boundSince({ clock, monotonicMs }: RecordReaderOptions, momentMs: number): number {
  return Math.max(0, Math.floor(clock.now() - (monotonicMs() - momentMs)) - marginMs);
}
