import { ConfigError, PermanentError, TransientError, isJsonObject } from "@deskmirror/model";
import type { Change, Column, DataSource, Sink, Source, Stream, Table } from "@deskmirror/model";
import type { Log } from "@deskmirror/runtime";
import { toFieldChanges } from "./field-changes.ts";
import type { FieldChange } from "./field-changes.ts";
import { toProgress } from "./table-context.ts";
import type { TableWriter } from "./table-writer.ts";

/** The flat views of one data source, kept in the shape of its fields. */
export interface Shapes {
  /** Gives every table that has no flat view one of the fields that all organizations have; Zoho is not asked. */
  readonly begin: () => Promise<void>;
  /** Asks for the custom fields when that is due, and shapes the tables by them. */
  readonly followDue: (signal: AbortSignal) => Promise<void>;
  /** The same writer; records that pass it may show that a custom field is new. */
  readonly watch: (writer: TableWriter) => TableWriter;
}

/** What keeping the flat views needs. */
export interface ShapesOptions {
  /** As it is configured now. */
  readonly dataSource: () => DataSource;
  readonly source: Source;
  readonly sink: Sink;
  readonly streams: readonly Stream[];
  readonly toTable: (stream: Stream) => Table;
  readonly compareMs: () => number;
  /** A clock of this process, in ms. */
  readonly nowMs: () => number;
  /** Told of every field that was added, removed or given another type while this source was kept. */
  readonly onFieldChanged: (table: string, change: FieldChange) => void;
  readonly log: Log;
}

/** After an error, and from one unknown field to the next question. */
const REST_MS = 60_000;

const FIELDS = "organization_fields";

/** Keeps the flat views; asks at once, after each pull of the fields, when a record shows an unknown one, and each `COMPARE_SECONDS`. */
export function createShapes(options: ShapesOptions): Shapes {
  const { source, sink, streams, toTable, log } = options;
  /** Custom fields that are columns, by stream; a stream that was not asked for yet is not there. */
  const known = new Map<string, Set<string>>();
  /** Streams whose records showed a field that is none of them. */
  const unknown = new Set<string>();
  let askedMs: number | null = null;
  let fieldsReadMs: number | null = null;
  let restsUntilMs = 0;

  /** When the fields were last read whole into their own table; null when that is not kept. */
  async function findFieldsReadMs(): Promise<number | null> {
    if (!streams.some(({ name }) => name === FIELDS)) return null;
    return toProgress((await sink.states(options.dataSource().name)).get(FIELDS)).completedMs;
  }

  async function follow(some: readonly Stream[], signal: AbortSignal): Promise<void> {
    const { name, orgId, mode } = options.dataSource();
    // Another process may have opened this source as it was configured before.
    await sink.prepare([], { source: name, orgId, mode });
    const names = some.map((stream) => stream.name);
    const columns = await source.columns(names, { purpose: "reconcile", signal });
    const before = await sink.shapes(name);
    const asked = new Set(known.keys());
    let failure: TransientError | null = null;
    for (const stream of some) {
      const wanted = columns.get(stream.name);
      if (wanted === undefined) continue;
      failure = (await shape(stream, wanted)) ?? failure;
      // What was asked for and not found stays here: a field that Zoho does not name is no reason to ask again and again.
      known.set(stream.name, new Set([...(known.get(stream.name) ?? []), ...wanted.flatMap(toCustomField)]));
    }
    await tell(before, (stream) => asked.has(stream));
    if (failure !== null) throw failure;
    for (const stream of names) unknown.delete(stream);
  }

  /** Says what changed of the views; that a view gets its custom fields for the first time is no change at Zoho. */
  async function tell(before: ReadonlyMap<string, readonly Column[]>, wasAsked: (stream: string) => boolean) {
    for (const [table, columns] of await sink.shapes(options.dataSource().name)) {
      const old = before.get(table) ?? [];
      if (!wasAsked(table) && !old.some((column) => toCustomField(column).length > 0)) continue;
      const changes = toFieldChanges(old, columns);
      const told = Object.entries(changes).filter(([, fields]) => fields.length > 0);
      if (told.length === 0) continue;
      log.info({ table, ...Object.fromEntries(told) }, "fields of a table changed, and its flat view with them");
      for (const [change, fields] of told) {
        for (const _ of fields) options.onFieldChanged(table, change as FieldChange);
      }
    }
  }

  /** A table that cannot be shaped keeps the shape it has and holds no other back; what may pass is given back, to be tried again. */
  async function shape(stream: Stream, columns: readonly Column[]): Promise<TransientError | null> {
    const table = stream.name;
    try {
      const held = await sink.shape(toTable(stream), columns);
      const message =
        "columns of a flat view stay as they were, since views of others stand on it: drop those, and they follow";
      if (held.length > 0) log.warn({ table, columns: held }, message);
      return null;
    } catch (error) {
      if (error instanceof TransientError) return error;
      if (!(error instanceof ConfigError || error instanceof PermanentError)) throw error;
      log.warn({ err: error, table }, "the flat view of a table could not be made or changed");
      return null;
    }
  }

  /** Looks at one record: whoever adds a field adds it to all of them. */
  function notice(stream: string, changes: readonly Change[]): void {
    const fields = known.get(stream);
    const change = changes.at(-1);
    if (fields === undefined || change === undefined || change.op === "refetch") return;
    const cf = change.core?.data["cf"] ?? change.detail?.data["cf"];
    if (!isJsonObject(cf)) return;
    for (const field in cf) {
      if (fields.has(field)) continue;
      fields.add(field);
      unknown.add(stream);
    }
  }

  return {
    async begin() {
      const shaped = await sink.shapes(options.dataSource().name);
      for (const stream of streams) {
        if (shaped.has(stream.name)) continue;
        const failure = await shape(stream, stream.columns);
        if (failure !== null) throw failure;
      }
    },
    async followDue(signal) {
      const nowMs = options.nowMs();
      if (nowMs < restsUntilMs) return;
      const readMs = await findFieldsReadMs();
      const isAllDue = askedMs === null || nowMs - askedMs >= options.compareMs() || readMs !== fieldsReadMs;
      const due = isAllDue ? streams : streams.filter(({ name }) => unknown.has(name));
      if (due.length === 0) return;
      restsUntilMs = nowMs + REST_MS;
      await follow(due, signal);
      if (!isAllDue) return;
      [askedMs, fieldsReadMs, restsUntilMs] = [nowMs, readMs, 0];
    },
    watch: (writer) => ({
      ...writer,
      write(write) {
        notice(writer.table.stream, write.changes);
        return writer.write(write);
      },
    }),
  };
}

function toCustomField({ path }: Column): readonly string[] {
  const [head, field] = path;
  return head === "cf" && field !== undefined ? [field] : [];
}
