import type { Mode } from "@deskmirror/model";
import { foreignTableError } from "../names.ts";
import { flatName, storedName } from "../places.ts";
import type { Client } from "./pool.ts";

/** What is to be renamed in a schema. */
export interface Rename {
  readonly source: string;
  readonly from: Mode;
  readonly to: Mode;
  /** Its streams, and whether each has a flat view. */
  readonly streams: ReadonlyMap<string, boolean>;
  /** Names in the schema. */
  readonly there: ReadonlySet<string>;
}

/**
 * Renames tables and flat views of a source into the other mode. A view follows what it stands on by itself, so views that others built
 * on tables or views of ours go on showing what they showed. ConfigError when a name is taken.
 */
export async function switchMode(client: Client, { source, from, to, streams, there }: Rename): Promise<void> {
  for (const [stream, hasView] of streams) {
    const stored = { kind: "table", old: storedName({ stream, mode: from }), now: storedName({ stream, mode: to }) };
    const flat = { kind: "view", old: flatName({ stream, mode: from }), now: flatName({ stream, mode: to }) };
    // The plain name must be given up before it is taken.
    for (const { kind, old, now } of to === "csv" ? [stored, flat] : [flat, stored]) {
      if (!there.has(old) || (kind === "view" && !hasView)) continue;
      if (there.has(now) && now !== stream) throw foreignTableError(`${source}.${now}`);
      await client.query(`alter ${kind} "${source}"."${old}" rename to "${now}"`);
    }
  }
  await client.query("update _deskmirror.owners set mode = $2 where source = $1", [source, to]);
}
