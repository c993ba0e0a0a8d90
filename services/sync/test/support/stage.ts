import { createDeskEmulator } from "@deskmirror/desk-emulator";
import type { DeskEmulator, DeskEmulatorOptions } from "@deskmirror/desk-emulator";
import type { DataSource, DeadLetter, Leases, Sink, Source } from "@deskmirror/model";
import { createLog } from "@deskmirror/runtime";
import { createMemorySink } from "@deskmirror/sinks";
import { createMemoryThrottle, createMemoryTokens, testDataSource } from "@deskmirror/testing";
import { createZohoDesk, exchangeCode } from "@deskmirror/zoho-desk";
import { toTable } from "../../src/mirror/open-tables.ts";
import { runPull } from "../../src/mirror/pull.ts";
import { createRefetcher } from "../../src/mirror/refetch.ts";
import type { TableContext } from "../../src/mirror/table-context.ts";
import { withTableLease } from "../../src/mirror/table-lease.ts";
import { createTableWriter } from "../../src/mirror/table-writer.ts";
import { verify } from "../../src/mirror/verify-run.ts";
import type { Verdict } from "../../src/mirror/verify-run.ts";

/** One Desk, one sink in memory, and the contexts between them; nothing runs by itself. */
export interface Stage extends AsyncDisposable {
  readonly desk: DeskEmulator;
  readonly dataSource: DataSource;
  readonly source: Source;
  readonly sink: Sink;
  readonly leases: Leases;
  readonly contexts: ReadonlyMap<string, TableContext>;
  readonly letters: readonly DeadLetter[];
  context(table: string): TableContext;
  pull(...tables: readonly string[]): Promise<void>;
  /** Asks for everything in doubt of a table. */
  settle(table: string): Promise<void>;
  verify(...tables: readonly string[]): Promise<Verdict>;
}

export const heal = { purpose: "heal", signal: new AbortController().signal } as const;

/** Sets the stage for the tables, parents first; no latency and no index lag unless asked for. Whoever gives a sink closes it. */
export async function createStage(
  tables: readonly string[],
  options: DeskEmulatorOptions = {},
  sink: Sink = createMemorySink(),
): Promise<Stage> {
  const desk = await createDeskEmulator({ tickets: 12, latencyMs: 0, indexLagMs: 0, ...options });
  const dataSource = await authorize(desk);
  const tokens = createMemoryTokens();
  const { leases } = tokens;
  const source = createZohoDesk({ source: dataSource, tokens: tokens.store, leases, throttle: createMemoryThrottle() });
  const letters: DeadLetter[] = [];
  const contexts = new Map<string, TableContext>();
  const log = createLog({ service: "sync", level: "silent" });
  const streams = source.streams.filter(({ name }) => tables.includes(name));
  await sink.prepare(
    streams.map((stream) => toTable(dataSource.name, stream)),
    { source: dataSource.name, orgId: desk.orgId },
  );
  for (const stream of streams) {
    const writer = createTableWriter({ sink, table: toTable(dataSource.name, stream), now: () => source.now() });
    const parent = stream.parent === null ? null : (contexts.get(stream.parent) ?? null);
    const addDeadLetters = async (added: readonly DeadLetter[]): Promise<void> => void letters.push(...added);
    contexts.set(stream.name, { stream, source, sink, writer, parent, addDeadLetters, log });
  }
  const context = (table: string): TableContext => contexts.get(table)!;
  let asked = 0;

  return {
    desk,
    dataSource,
    source,
    sink,
    leases,
    contexts,
    letters,
    context,
    async pull(...names) {
      asked += 1;
      for (const name of names) {
        await withTableLease(context(name), { leases, signal: heal.signal }, (session, signal) =>
          runPull(context(name), session, { asked, purpose: "pull", signal }),
        );
      }
    },
    async settle(table) {
      const doubts = (await sink.doubts(dataSource.name, 1_000)).filter(({ stream }) => stream === table);
      await createRefetcher(Date.now).refetch(context(table), doubts, { ...heal, concurrency: 4, fillsIn: false });
    },
    verify: (...names) => verify(names.map(context), { ...heal, sample: 200 }),
    [Symbol.asyncDispose]: () => desk.close(),
  };
}

async function authorize(desk: DeskEmulator): Promise<DataSource> {
  const { orgId, clientId, clientSecret, url } = desk;
  const source = testDataSource({ orgId, clientId, clientSecret, accountsUrl: url, deskUrl: url });
  const { refreshToken, scopes } = await exchangeCode({ source, code: desk.generateCode() });
  return { ...source, refreshToken, scopes };
}
