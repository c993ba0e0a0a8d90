import type { DataSource } from "@deskmirror/model";
import type { ApiDeps } from "./deps.ts";
import { askPulls } from "./pull-work.ts";

/**
 * Makes a change of sources, and asks for a pull of the tables that they keep only since then, of those sources of which anything was
 * pulled: what came and went while nobody kept a table, nobody told.
 */
export async function pullingNewTables<T>(
  { registry, mirrors }: Pick<ApiDeps, "registry" | "mirrors">,
  names: readonly string[],
  change: () => Promise<T>,
): Promise<T> {
  const before = new Map(names.map((name) => [name, mirrors.get(name)?.contexts]));
  const changed = await change();
  await mirrors.follow();
  let isAsked = false;
  for (const name of names) {
    const contexts = mirrors.get(name)?.contexts ?? new Map<string, never>();
    const kept = before.get(name) ?? contexts;
    const added = [...contexts.keys()].filter((table) => !kept.has(table));
    if (added.length === 0) continue;
    await registry.update(name, ({ pulls }) =>
      isPulled(pulls) ? { pulls: askPulls({ pulls }, added, { contexts, restart: true }) } : {},
    );
    isAsked = true;
  }
  if (isAsked) await mirrors.follow();
  return changed;
}

const isPulled = (pulls: DataSource["pulls"]): boolean => Object.values(pulls).some((asked) => asked > 0);
