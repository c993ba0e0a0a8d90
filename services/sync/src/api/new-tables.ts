import type { DataSource } from "@deskmirror/model";
import type { ApiDeps } from "./deps.ts";
import { askPulls } from "./pull-work.ts";

/** What asking for pulls of new tables needs of the API's parts. */
export interface NewTablesDeps extends Pick<ApiDeps, "keptTables"> {
  readonly registry: {
    list(): Promise<readonly DataSource[]>;
    update(name: string, change: (now: DataSource) => Partial<DataSource>): Promise<unknown>;
  };
  readonly mirrors: Pick<ApiDeps["mirrors"], "get" | "follow">;
}

/**
 * Makes a change of sources, and asks for a pull of the tables that they keep only since then, of those sources of which anything was
 * pulled: what came and went while nobody kept a table, nobody told. What a source keeps is told by how it is stored, since just then
 * its mirror may be closed, in order to be opened anew, or another process may have changed it.
 */
export async function pullingNewTables<T>(
  deps: NewTablesDeps,
  names: readonly string[],
  change: () => Promise<T>,
): Promise<T> {
  const { registry, mirrors } = deps;
  const before = await keptOf(deps, names);
  const changed = await change();
  const after = await keptOf(deps, names);
  await mirrors.follow();
  let isAsked = false;
  for (const [name, kept] of after) {
    const added = [...kept.difference(before.get(name) ?? new Set())];
    if (added.length === 0) continue;
    const contexts = mirrors.get(name)?.contexts ?? new Map<string, never>();
    await registry.update(name, ({ pulls }) =>
      isPulled(pulls) ? { pulls: askPulls({ pulls }, added, { contexts, restart: true }) } : {},
    );
    isAsked = true;
  }
  if (isAsked) await mirrors.follow();
  return changed;
}

/** The tables that each source keeps, by its name. */
async function keptOf(
  { registry, keptTables }: Pick<NewTablesDeps, "registry" | "keptTables">,
  names: readonly string[],
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const sources = (await registry.list()).filter(({ name }) => names.includes(name));
  return new Map(await Promise.all(sources.map(async (source) => [source.name, await keptTables(source)] as const)));
}

const isPulled = (pulls: DataSource["pulls"]): boolean => Object.values(pulls).some((asked) => asked > 0);
