import { PermanentError } from "@deskmirror/model";
import { sleep } from "@deskmirror/runtime";
import type { TableContext } from "./table-context.ts";
import { lookAgain, lookAtTable } from "./verify.ts";
import type { Difference, VerifyOptions } from "./verify.ts";

/** The verdict over all tables (contract section 4, verify). */
export type Verdict = {
  readonly equal: boolean;
  readonly looks: number;
  readonly tables: readonly TableVerdict[];
};

/** How one table of source and sink compare; at most 20 ids of each kind. */
export type TableVerdict = {
  readonly name: string;
  readonly source: number;
  readonly sink: number;
  readonly detailDue: number;
  readonly missing: readonly string[];
  readonly extra: readonly string[];
  readonly different: readonly string[];
  /** Why the table could not be compared. */
  readonly message?: string;
};

const LOOKS = 4;
const BETWEEN_LOOKS_MS = 5_000;
const IDS_SHOWN = 20;
const TABLES_AT_ONCE = 3;

/**
 * Compares tables, and those they are read under; rows that differ are looked at again after 5 s, up to 3 times, and count only while they
 * still differ. A table that cannot be read is not equal and says why; the others are compared all the same.
 */
export async function verify(
  tables: readonly TableContext[],
  options: Omit<VerifyOptions, "listed">,
): Promise<Verdict> {
  const parents = tables.flatMap(({ parent }) => (parent === null ? [] : [parent]));
  const contexts = [...new Set([...parents, ...tables])];
  const listed = new Map<string, ReadonlySet<string>>();
  const results = new Map<TableContext, Compared>();

  async function look(context: TableContext): Promise<void> {
    const found = await tryTable(context, options.signal, () => lookAtTable(context, { ...options, listed }));
    if (found instanceof PermanentError) {
      results.set(context, { source: 0, differences: new Map(), aside: 0, message: found.message });
      return;
    }
    if (parents.includes(context)) listed.set(context.stream.name, found.listed);
    const { listed: keys, differences, aside } = found;
    results.set(context, { source: keys.size, differences, aside, message: null });
  }

  async function lookOnce(context: TableContext): Promise<void> {
    const before = results.get(context)!;
    const again = await tryTable(context, options.signal, () => lookAgain(context, before.differences, options));
    if (again instanceof PermanentError) return;
    results.set(context, { ...before, differences: again.differences, aside: before.aside + again.aside });
  }

  const [roots, children] = [contexts.filter(({ parent }) => parent === null), contexts.filter(({ parent }) => parent)];
  await eachTable(roots, look);
  await eachTable(children, look);
  let looks = 1;
  let remaining = differing(results);
  while (remaining.length > 0 && looks < LOOKS) {
    await sleep(BETWEEN_LOOKS_MS, options.signal);
    looks += 1;
    await eachTable(remaining, lookOnce);
    remaining = differing(results);
  }
  const verdicts = await Promise.all(contexts.map((context) => toVerdict(context, results.get(context)!)));
  const equal = remaining.length === 0 && results.values().every(({ message }) => message === null);
  return { equal, looks, tables: verdicts };
}

/** What is known of a table so far. */
interface Compared {
  /** Distinct records the source listed. */
  readonly source: number;
  readonly differences: ReadonlyMap<string, Difference>;
  /** Live rows of the sink that are compared with nothing. */
  readonly aside: number;
  /** Why it could not be compared; null when it was. */
  readonly message: string | null;
}

/** Gives what a look gives, or the error for which the table cannot be looked at. */
async function tryTable<T>(
  context: TableContext,
  signal: AbortSignal,
  look: () => Promise<T>,
): Promise<T | PermanentError> {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof PermanentError) || signal.aborted) throw error;
    context.log.warn({ err: error, table: context.stream.name }, "a table could not be compared");
    return error;
  }
}

function differing(results: ReadonlyMap<TableContext, Compared>): readonly TableContext[] {
  return [...results].flatMap(([context, { differences }]) => (differences.size > 0 ? [context] : []));
}

async function eachTable(
  contexts: readonly TableContext[],
  run: (context: TableContext) => Promise<unknown>,
): Promise<void> {
  const queue = contexts.values();
  const worker = async (): Promise<void> => {
    for (const context of queue) await run(context);
  };
  await Promise.all(Array.from({ length: TABLES_AT_ONCE }, worker));
}

async function toVerdict(
  { stream, sink, writer }: TableContext,
  { source, differences, aside, message }: Compared,
): Promise<TableVerdict> {
  const { rows, full } = await sink.count(writer.table);
  const ids = (kind: Difference["kind"]): readonly string[] =>
    [...differences].flatMap(([key, difference]) => (difference.kind === kind ? [key] : [])).slice(0, IDS_SHOWN);
  return {
    name: stream.name,
    source,
    sink: rows - aside,
    detailDue: rows - full,
    missing: ids("missing"),
    extra: ids("extra"),
    different: ids("different"),
    ...(message !== null && { message }),
  };
}
