import { PermanentError, hashContent, isAside, toVersionParts } from "@deskmirror/model";
import type { Cursor, JsonObject, Row, Table, Tombstone, Upsert } from "@deskmirror/model";
import { readAll, toReadings } from "./read-all.ts";
import type { ReadOptions, TableContext } from "./table-context.ts";

/** A row that does not agree: absent in the sink, absent at the source, or unlike. */
export interface Difference {
  readonly kind: "missing" | "extra" | "different";
  readonly parentId: string | null;
}

/** What looking at a table showed. */
export interface TableLook {
  /** Keys of the records the source listed. */
  readonly listed: ReadonlySet<string>;
  readonly differences: ReadonlyMap<string, Difference>;
  /** Live rows that are compared with nothing, since they are set aside. */
  readonly aside: number;
}

/** How to compare a table. */
export interface VerifyOptions extends ReadOptions {
  /** Rows whose whole content is compared. */
  readonly sample: number;
  /** Keys the source listed of tables already looked at: the children of each are compared, whether the sink knows it or not. */
  readonly listed: ReadonlyMap<string, ReadonlySet<string>>;
}

const READINGS_AT_ONCE = 6;
const PARENTS_AT_ONCE = 50;
const PAGE = 500;

interface Findings {
  readonly seen: Set<string>;
  readonly differences: Map<string, Difference>;
  sampled: number;
}

/** Reads a table at the source and compares every row with the sink's: its key, its modified time or content, and a sample whole. */
export async function lookAtTable(context: TableContext, options: VerifyOptions): Promise<TableLook> {
  const findings: Findings = { seen: new Set(), differences: new Map(), sampled: 0 };
  for await (const cursors of plans(context, options)) {
    await readAll({
      readings: toReadings(cursors),
      concurrency: READINGS_AT_ONCE,
      signal: options.signal,
      readPage: (cursor: Cursor) => context.source.page(context.stream.name, cursor, options),
      write: async (page) => {
        const upserts = page.changes.filter((change) => change.op === "upsert");
        await comparePage(context, { upserts, findings, options });
      },
    });
  }
  const aside = await findExtra(context, findings);
  return { listed: findings.seen, differences: findings.differences, aside };
}

/**
 * Asks for each row that did not agree by id, and gives those that still do not, with how many turned out to be set aside. What cannot be
 * asked for stays a difference.
 */
export async function lookAgain(
  context: TableContext,
  differences: ReadonlyMap<string, Difference>,
  options: ReadOptions,
): Promise<Pick<TableLook, "differences" | "aside">> {
  const still = new Map<string, Difference>();
  let aside = 0;
  for (const [key, difference] of differences) {
    const kind = await askAgain(context, { key, ...difference }, options);
    if (kind === "aside") aside += 1;
    else if (kind !== null) still.set(key, { kind, parentId: difference.parentId });
  }
  return { differences: still, aside };
}

/** How a row differs from what the source says of it now; null when it does not, `aside` when a live row is compared with nothing. */
async function askAgain(
  context: TableContext,
  { key, kind, parentId }: Difference & { readonly key: string },
  options: ReadOptions,
): Promise<Difference["kind"] | "aside" | null> {
  let truth: Upsert | Tombstone;
  try {
    truth = await context.source.get(context.stream.name, key, parentId, options);
  } catch (error) {
    if (error instanceof PermanentError) return kind;
    throw error;
  }
  const [row] = await context.sink.rowsByKey(context.writer.table, [key]);
  const live = row !== undefined && row.deletedMs === null ? row : null;
  if (truth.op === "delete") return live === null ? null : "extra";
  if (isAside(context.stream.asideKey, truth.detail?.data ?? null)) return live === null ? null : "aside";
  if (live === null) return "missing";
  const isTimeRight = !context.stream.hasModifiedTime || live.modifiedMs === truth.modifiedMs;
  return isTimeRight && sameContent(context, live, truth) ? null : "different";
}

async function* plans(context: TableContext, options: VerifyOptions): AsyncGenerator<readonly Cursor[]> {
  const { source, stream, parent } = context;
  if (parent === null) {
    yield await source.plan(stream.name, [], options);
    return;
  }
  const parents = await parentsOf(context, parent.writer.table, options);
  for (let from = 0; from < parents.length; from += PARENTS_AT_ONCE) {
    yield await source.plan(stream.name, parents.slice(from, from + PARENTS_AT_ONCE), options);
  }
}

/** The records whose children are compared: those the source listed, and those the sink has beside them (archived tickets). */
async function parentsOf({ sink }: TableContext, parent: Table, { listed }: VerifyOptions): Promise<readonly string[]> {
  const keys = new Set(listed.get(parent.stream));
  for (let after = ""; ;) {
    const rows = await sink.rows(parent, { after, limit: PAGE });
    for (const { key } of rows) keys.add(key);
    if (rows.length < PAGE) return [...keys];
    after = rows.at(-1)!.key;
  }
}

interface PageComparison {
  readonly upserts: readonly Upsert[];
  readonly findings: Findings;
  readonly options: VerifyOptions;
}

async function comparePage(context: TableContext, { upserts, findings, options }: PageComparison): Promise<void> {
  const fresh = upserts.filter(({ key }) => !findings.seen.has(key));
  for (const { key } of fresh) findings.seen.add(key);
  const keys = fresh.map(({ key }) => key);
  const rows = new Map((await context.sink.rowsByKey(context.writer.table, keys)).map((row) => [row.key, row]));
  for (const upsert of fresh) {
    const row = rows.get(upsert.key);
    const { key, parentId } = upsert;
    if (row === undefined || row.deletedMs !== null) findings.differences.set(key, { kind: "missing", parentId });
    else if (!(await agrees(context, { row, upsert, findings, options }))) {
      findings.differences.set(key, { kind: "different", parentId });
    }
  }
}

interface RowComparison extends Omit<PageComparison, "upserts"> {
  readonly row: Row;
  readonly upsert: Upsert;
}

async function agrees(context: TableContext, { row, upsert, findings, options }: RowComparison): Promise<boolean> {
  const { stream } = context;
  if (stream.hasModifiedTime ? row.modifiedMs !== upsert.modifiedMs : !sameContent(context, row, upsert)) return false;
  if (findings.sampled >= options.sample) return true;
  findings.sampled += 1;
  if (!sameContent(context, row, upsert)) return false;
  if (stream.core === null || isDetailDue(stream.hasModifiedTime, row)) return true;
  const whole = await context.source.get(stream.name, row.key, row.parentId, options);
  return whole.op === "upsert" && sameContent(context, row, whole);
}

function isDetailDue(hasModifiedTime: boolean, { versions }: Row): boolean {
  const detailMs = toVersionParts(versions.detail)?.modifiedMs ?? 0;
  return hasModifiedTime ? detailMs < (toVersionParts(versions.core)?.modifiedMs ?? 0) : detailMs === 0;
}

/** Compares the registers a change carries with authority; provisional detail says nothing. */
function sameContent({ stream }: TableContext, row: Row, change: Upsert): boolean {
  const data = row.data ?? {};
  const core = change.core === null || same(stream.volatile, change.core.data, pick(data, stream.core));
  const detail = change.detail === null || toVersionParts(change.detail.version)?.modifiedMs === 0;
  return core && (detail || same(stream.volatile, change.detail.data, omit(data, stream.core ?? [])));
}

function same(volatile: ReadonlySet<string>, left: JsonObject, right: JsonObject): boolean {
  return hashContent(left, volatile) === hashContent(right, volatile);
}

function pick(data: JsonObject, keys: readonly string[] | null): JsonObject {
  if (keys === null) return data;
  return Object.fromEntries(keys.flatMap((key) => (data[key] === undefined ? [] : [[key, data[key]]])));
}

function omit(data: JsonObject, keys: readonly string[]): JsonObject {
  const skip = new Set(keys);
  return Object.fromEntries(Object.entries(data).filter(([key]) => !skip.has(key)));
}

/** Live rows of the sink that the source did not list; those set aside (archived tickets that a GET found) stay and are left out (contract section 6): gives how many. */
async function findExtra(context: TableContext, { seen, differences }: Findings): Promise<number> {
  const { sink, writer, stream } = context;
  let aside = 0;
  for (let after = ""; ;) {
    const rows = await sink.rows(writer.table, { after, limit: PAGE });
    for (const { key, parentId, data } of rows) {
      if (seen.has(key)) continue;
      if (isAside(stream.asideKey, data)) aside += 1;
      else differences.set(key, { kind: "extra", parentId });
    }
    if (rows.length < PAGE) return aside;
    after = rows.at(-1)!.key;
  }
}
