import type { Doubt, Table } from "@deskmirror/model";
import { RAISE, SETTLE } from "./doubts-sql.ts";
import type { Client } from "./pool.ts";
import { SETTLE_SUSPECTS } from "./suspects-sql.ts";

/** Raises doubts, one at most for each key; the table's row must be locked. Resolves to how many were new or asked again. */
export async function raiseDoubts(
  client: Client,
  { source, stream }: Table,
  doubts: readonly Doubt[],
): Promise<number> {
  if (doubts.length === 0) return 0;
  const { rowCount } = await client.query(RAISE, [
    source,
    stream,
    doubts.map(({ key }) => key),
    doubts.map(({ parentId }) => parentId),
    doubts.map(({ afterMs }) => afterMs),
    doubts.map(({ contradiction }) => contradiction),
  ]);
  return rowCount ?? 0;
}

/** Removes the doubts and suspects that the answers (key to ms) settle; the table's row must be locked. */
export async function settleDoubts(
  client: Client,
  { source, stream }: Table,
  answers: ReadonlyMap<string, number>,
): Promise<void> {
  if (answers.size === 0) return;
  const values = [source, stream, [...answers.keys()], [...answers.values()]];
  await client.query(SETTLE, values);
  await client.query(SETTLE_SUSPECTS, values);
}
