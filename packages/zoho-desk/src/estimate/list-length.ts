import type { JsonObject } from "@deskmirror/model";
import { startList } from "../paging/cursor.ts";
import { LAST_OFFSET } from "../paging/list-step.ts";
import { readList } from "../paging/read-list.ts";
import type { ListReading } from "../paging/read-list.ts";

/** How long a list is, and its first page. */
export interface ListLength {
  readonly rows: number;
  readonly sample: readonly JsonObject[];
}

/** A length found by trying offsets is right to this share of it. */
const PRECISION = 0.1;

/** How many rows a list has that has no count: exact when it ends within its first page, else found by trying offsets, ten calls at most. */
export async function measureList(
  list: Omit<ListReading, "cursor"> & { readonly parentId: string | null },
): Promise<ListLength> {
  const { limit } = list.spec.list;
  const readAt = (from: number) => readList({ ...list, cursor: { ...startList(list.parentId), from } });
  const first = await readAt(0);
  if (limit === null || first.answered < limit) return { rows: first.answered, sample: first.rows };
  const beyond = LAST_OFFSET + limit;
  let [least, most] = [limit, beyond];
  for (let from = limit; most - least > Math.max(limit, least * PRECISION);) {
    const { answered } = await readAt(from);
    if (answered > 0 && answered < limit) return { rows: from + answered, sample: first.rows };
    if (answered === 0) most = from;
    else least = from + answered;
    from = most === beyond ? Math.min(2 * from, LAST_OFFSET) : Math.floor((least + most) / 2);
  }
  return { rows: Math.round((least + most) / 2), sample: first.rows };
}
