import type { DataSource, Source, Stream, Table } from "@deskmirror/model";
import { createLimits } from "./limits.ts";
import type { MirrorParts } from "./open-mirror.ts";

/** What opening tables needs of a mirror's parts. */
type TableParts = Pick<MirrorParts, "createThrottle" | "createSource" | "openSink" | "defaultSinkUrl">;

/** Lends a source to what must ask it without a mirror of it. */
export async function withSource<T>(
  parts: Pick<MirrorParts, "createThrottle" | "createSource">,
  dataSource: DataSource,
  use: (source: Source) => Promise<T>,
): Promise<T> {
  const throttle = parts.createThrottle(dataSource, createLimits(dataSource.throttle).current);
  try {
    return await use(parts.createSource(dataSource, throttle));
  } finally {
    await throttle.close();
  }
}

/** Makes the tables a source is to have; those that are there are kept as they are. ConfigError when the sink refuses them. */
export function prepareTables(parts: TableParts, dataSource: DataSource): Promise<void> {
  return withSource(parts, dataSource, async (source) => void (await openTables(parts, dataSource, source)));
}

/**
 * Makes the tables of a new source; those it had before under its name keep their rows, and nothing else that was known of them:
 * whatever changed meanwhile, nobody told. ConfigError when the sink refuses them.
 */
export function adoptTables(parts: TableParts, dataSource: DataSource): Promise<void> {
  return withSource(parts, dataSource, async (source) => {
    const { sink } = await openTables(parts, dataSource, source);
    const states = await sink.states(dataSource.name);
    for (const stream of source.streams) {
      const { epoch = 0 } = states.get(stream.name) ?? {};
      // None was written: there is nothing to forget.
      if (epoch === 0) continue;
      // The next epoch: whoever still works on the removed source is fenced.
      const state = { watermarkMs: null, progress: {}, epoch: epoch + 1 };
      await sink.write({ table: toTable(dataSource.name, stream), changes: [], horizonMs: source.now(), state });
    }
  });
}

/** Names of the tables a source keeps: those it wants and may read. */
export function keptTables(
  parts: Pick<MirrorParts, "createThrottle" | "createSource">,
  dataSource: DataSource,
): Promise<ReadonlySet<string>> {
  return withSource(parts, dataSource, async (source) => {
    const { enabled } = wantedStreams(source, dataSource.tables);
    return new Set(enabled.map(({ name }) => name));
  });
}

/** Makes the tables of a source where they are not there; those it wants and may not read are disabled, with the reason. */
export async function openTables(parts: TableParts, dataSource: DataSource, source: Source) {
  const { name, orgId, mode, sinkUrl, tables } = dataSource;
  const sink = await parts.openSink(sinkUrl ?? parts.defaultSinkUrl);
  const { enabled, disabled } = wantedStreams(source, tables);
  await sink.prepare(
    enabled.map((stream) => toTable(name, stream)),
    { source: name, orgId, mode },
  );
  return { sink, enabled, disabled };
}

/** A stream as the sink must know it. */
export function toTable(source: string, { name, core, hasModifiedTime, isByCreatedTime }: Stream): Table {
  return { source, stream: name, core, hasModifiedTime, isByCreatedTime };
}

/** The named tables (none named: all but children of tickets) with the parents they are read under, parents first. */
export function wantedStreams(
  source: Source,
  tables: readonly string[] | null,
): { readonly enabled: readonly Stream[]; readonly disabled: ReadonlyMap<string, string> } {
  const named = source.streams.filter(({ name, perTicket }) => (tables === null ? !perTicket : tables.includes(name)));
  const parents = new Set(named.map(({ parent }) => parent));
  const wanted = source.streams.filter((stream) => named.includes(stream) || parents.has(stream.name));
  const disabled = new Map<string, string>();
  for (const { name, parent } of wanted) {
    const missing = source.missingScope(name) ?? (parent === null ? undefined : disabled.get(parent));
    if (missing !== undefined) disabled.set(name, missing);
  }
  return { enabled: wanted.filter(({ name }) => !disabled.has(name)), disabled };
}
