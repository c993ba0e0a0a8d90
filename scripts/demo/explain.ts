import type { Status } from "../pair/admin-api.ts";
import type { Pair } from "./open-pair.ts";

/** Where the tickets of a Desk have gone, in one line. */
export function describeTickets({ tables }: Pick<Status, "tables">): string {
  const { rows = 0, deleted = 0 } = tables.find(({ name }) => name === "tickets") ?? {};
  const archived = tables.find(({ name }) => name === "archived_tickets")?.rows ?? 0;
  const all = rows + archived + deleted;
  return `${all} tickets: ${rows} rows of tickets, ${archived} of archived_tickets, and ${deleted} deleted, still in tickets, with _deleted_at set.`;
}

/** Commands that look at the demo while it runs, on a machine with nothing more than Node, and with curl; `desk` is the emulated one. */
export function describeCommands({ database, sync, adminToken }: Pair, source: string, desk: string): string {
  return `  node_modules/.bin/node scripts/query.ts ${database} "select data->>'status' as status, count(*) as tickets
    from ${source}_tickets where _deleted_at is null group by 1 order by 2 desc"

  DESKMIRROR_URL=${sync} ADMIN_TOKEN=${adminToken} npx deskmirror status ${source}

  curl -s -H 'Authorization: Bearer ${adminToken}' ${sync}/api/sources/${source}/status

Make a ticket in that Desk yourself; its webhook brings the row within a second:

  curl -s -H 'Content-Type: application/json' -d '{"fields":{"subject":"Hello from me"}}' ${desk}/_emulator/store/tickets

  node_modules/.bin/node scripts/query.ts ${database} "select id, data->>'subject' as subject, _synced_at
    from ${source}_tickets where data->>'subject' = 'Hello from me'"`;
}

/** What the columns of a verdict do not say by themselves. */
export const verdictNotes = `detail due: rows copied from Desk's lists whose other fields, one call a row, are still to come.
tickets: one that Desk archived since keeps its row here and has one in archived_tickets too; deleted ones are not counted.`;

/** Where to go from the demo. */
export const nextSteps = `Next: docs/tutorial.md goes the same way by hand; README, "Connect your Desk", goes it with yours.`;
