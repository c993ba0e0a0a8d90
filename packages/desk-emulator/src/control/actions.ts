import type { z } from "zod";
import type { Writes } from "../store/writes.ts";
import type { StoredTable } from "../tables/names.ts";
import type { actionBody } from "./bodies.ts";

type Action = z.infer<typeof actionBody>;
type Run = {
  [Name in Action["do"]]: (
    writes: Writes,
    target: [StoredTable, string],
    action: Extract<Action, { do: Name }>,
  ) => void;
};

const runs: Run = {
  update: (writes, target, { fields }) => void writes.update(...target, fields),
  delete: (writes, target) => writes.delete(...target),
  restore: (writes, target) => void writes.restore(...target),
  purge: (writes, target) => writes.purge(...target),
  archive: (writes, [, id]) => void writes.archive(id),
  move: (writes, [, id], { departmentId }) => void writes.move(id, departmentId),
};

/** Changes one record as a control call asks. */
export function runAction(writes: Writes, table: StoredTable, id: string, action: Action): void {
  const run = runs[action.do] as (writes: Writes, target: [StoredTable, string], action: Action) => void;
  run(writes, [table, id], action);
}
