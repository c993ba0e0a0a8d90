import type { Credits } from "@deskmirror/model";
import type { TableFacts } from "../mirror/due-work.ts";
import type { TableContext } from "../mirror/table-context.ts";
import { ApiError } from "./api-error.ts";

/** What a list or search of a page costs, and a GET of one record (Zoho Desk API, credits). */
const PAGE_CREDITS = 3;
const GET_CREDITS = 1;
const PAGE_ROWS = 100;

/** Refuses a verify that the day's credits do not hold, with its cost. Nothing is refused while the credits are not known. */
export function assertAffordable(cost: number, { limit, remaining, reserve, waitUntilMs }: Credits): void {
  if (limit === null || remaining === null) return;
  const left = Math.max(0, Math.floor(remaining - reserve * limit));
  if (cost <= left && waitUntilMs === null) return;
  const until = waitUntilMs === null ? "" : ` Nothing is sent before ${new Date(waitUntilMs).toISOString()}.`;
  throw new ApiError(409, "CREDITS", {
    message: `This verify costs about ${cost} credits; ${left} are left today above the reserve of ${reserve * 100} %.${until}`,
    hint: "Name fewer tables, lower sample, wait for the new day, or lower throttle.reserve.",
  });
}

/** About how many credits it costs to compare tables and those they are read under. */
export async function verifyCost(
  tables: readonly TableContext[],
  { sample, facts }: { readonly sample: number; readonly facts: readonly TableFacts[] },
): Promise<number> {
  const parents = tables.flatMap(({ parent }) => (parent === null ? [] : [parent]));
  const known = new Map(facts.map((fact) => [fact.stream.name, fact]));
  const costs = [...new Set([...parents, ...tables])].map((context) => tableCost(context, { sample, known }));
  return (await Promise.all(costs)).reduce((sum, cost) => sum + cost, 0);
}

async function tableCost(
  { stream, sink, writer, parent }: TableContext,
  { sample, known }: { readonly sample: number; readonly known: ReadonlyMap<string, TableFacts> },
): Promise<number> {
  const { rows, full } = await sink.count(writer.table);
  const gets = stream.core === null ? 0 : Math.min(sample, full) * GET_CREDITS;
  const pull = known.get(stream.name)?.progress.pull ?? null;
  // Both list the same: what the last whole reading cost is the best that is known.
  if (pull?.state === "complete") return gets + Math.ceil(pull.credits * Math.max(1, rows / Math.max(1, pull.rows)));
  const lists = parent === null ? 1 : (await sink.count(parent.writer.table)).rows;
  return gets + (lists + Math.floor(rows / PAGE_ROWS)) * PAGE_CREDITS;
}
