import { PermanentError } from "@deskmirror/model";
import type { Column, RequestOptions } from "@deskmirror/model";
import { startList } from "../paging/cursor.ts";
import { readList } from "../paging/read-list.ts";
import type { RowReader } from "../paging/rows.ts";
import { specOf } from "../scopes.ts";
import { toCustomColumns } from "./custom-fields.ts";
import { moduleOf, standardColumns } from "./index.ts";

/**
 * The columns of streams, custom fields as Zoho tells them now; each module is asked once. A stream whose module may not be read is left
 * out: that its fields are not shown does not say that they are gone.
 */
export async function readColumns(
  streams: readonly string[],
  reader: RowReader,
  options: RequestOptions,
): Promise<ReadonlyMap<string, readonly Column[]>> {
  const custom = new Map<string, readonly Column[] | null>();
  const columns = new Map<string, readonly Column[]>();
  for (const stream of streams) {
    const module = moduleOf(stream);
    if (module !== null && !custom.has(module)) custom.set(module, await readCustom(module, reader, options));
    const own = module === null ? [] : (custom.get(module) ?? null);
    if (own !== null) columns.set(stream, [...standardColumns(stream), ...own]);
  }
  return columns;
}

async function readCustom(
  module: string,
  reader: RowReader,
  options: RequestOptions,
): Promise<readonly Column[] | null> {
  const spec = specOf("organization_fields");
  try {
    const { rows } = await readList({ spec, cursor: startList(module), reader, options });
    // Every module has fields of Zoho's own: no answer is no proof that there are none.
    return rows.length === 0 ? null : toCustomColumns(rows);
  } catch (error) {
    if (error instanceof PermanentError) return null;
    throw error;
  }
}
