import { sleep } from "@deskmirror/runtime";
import type { TableContext } from "./table-context.ts";
import { lookAgain, lookAtTable } from "./verify.ts";
import type { Difference, TableLook, VerifyOptions } from "./verify.ts";

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
};

const LOOKS = 4;
const BETWEEN_LOOKS_MS = 5_000;
const IDS_SHOWN = 20;
const TABLES_AT_ONCE = 3;

/** Compares tables; rows that differ are looked at again after 5 s, up to 3 times, and count only while they still differ. */
export async function verify(contexts: readonly TableContext[], options: VerifyOptions): Promise<Verdict> {
  const results = new Map<TableContext, TableLook>();
  const look = (context: TableContext): Promise<TableLook> => lookAtTable(context, options);
  await eachTable(contexts, async (context) => results.set(context, await look(context)));
  let looks = 1;
  let remaining = differing(results);
  while (remaining.length > 0 && looks < LOOKS) {
    await sleep(BETWEEN_LOOKS_MS, options.signal);
    looks += 1;
    await eachTable(remaining, async (context) => {
      const before = results.get(context)!;
      results.set(context, { ...before, differences: await lookAgain(context, before.differences, options) });
    });
    remaining = differing(results);
  }
  const tables = await Promise.all(contexts.map((context) => toVerdict(context, results.get(context)!)));
  return { equal: remaining.length === 0, looks, tables };
}

function differing(results: ReadonlyMap<TableContext, TableLook>): readonly TableContext[] {
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
  { source, differences }: TableLook,
): Promise<TableVerdict> {
  const { rows, full } = await sink.count(writer.table);
  const ids = (kind: Difference["kind"]): readonly string[] =>
    [...differences].flatMap(([key, difference]) => (difference.kind === kind ? [key] : [])).slice(0, IDS_SHOWN);
  return {
    name: stream.name,
    source,
    sink: rows,
    detailDue: rows - full,
    missing: ids("missing"),
    extra: ids("extra"),
    different: ids("different"),
  };
}
