import type { Limits } from "./checks/limits.ts";
import type { Clock } from "./clock.ts";
import type { Faults, Hiding } from "./faults.ts";
import type { Grants } from "./oauth/grants.ts";
import type { Settings } from "./settings.ts";
import type { Stats } from "./stats.ts";
import type { State } from "./store/state.ts";
import type { Store } from "./store/store.ts";
import type { Writes } from "./store/writes.ts";
import type { RenderContext } from "./tables/spec.ts";

/** The parts of one emulated Desk that its routes work with. */
export interface Desk {
  readonly orgId: string;
  readonly clock: Clock;
  readonly settings: Settings;
  readonly store: Store;
  readonly writes: Writes;
  readonly context: RenderContext;
  readonly limits: Limits;
  readonly faults: Faults;
  readonly stats: Stats;
  readonly grants: Grants;
  /** API names of a module's custom fields. */
  customFieldNames(module: string): ReadonlySet<string>;
}

/** Whether the authorizing agent may see a record: false for departments it lost. */
export function isVisible({ faults }: Pick<Desk, "faults">, state: State): boolean {
  if (faults.lostDepartments.size === 0) return true;
  const departmentId = state.table === "departments" ? state.id : state.data["departmentId"];
  return typeof departmentId !== "string" || !faults.lostDepartments.has(departmentId);
}

/** Whether lists, searches, counts and the recycle bin show a record; null when they show every one. */
export function listFilter(desk: Pick<Desk, "faults">): ((state: State) => boolean) | null {
  const hiding = desk.faults.hiding();
  if (desk.faults.lostDepartments.size === 0 && hiding === "none") return null;
  return (state) => isVisible(desk, state) && !isHidden(hiding, state);
}

function isHidden(hiding: Hiding, { seq }: State): boolean {
  return hiding === "all" || (hiding === "half" && seq % 2 === 1);
}
