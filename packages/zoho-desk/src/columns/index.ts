import type { Column } from "@deskmirror/model";
import { moduleColumns } from "./modules.ts";
import { organizationColumns } from "./organization.ts";
import { ticketColumns } from "./tickets.ts";

const columns: ReadonlyMap<string, readonly Column[]> = new Map(
  Object.entries({ ...organizationColumns, ...ticketColumns, ...moduleColumns }),
);

/** The module whose custom fields a stream's records have in `cf` (Zoho Desk OAS, Field.json). */
const modules: ReadonlyMap<string, string> = new Map([
  ["archived_tickets", "tickets"],
  ["ticket_time_entries", "timeEntry"],
  ...["tickets", "contacts", "accounts", "products", "contracts", "tasks", "calls", "events", "agents"].map(
    (name) => [name, name] as const,
  ),
]);

/** Columns that every organization's records of a stream have, as far as Zoho's files tell. */
export function standardColumns(stream: string): readonly Column[] {
  return columns.get(stream) ?? [];
}

/** Null when its records have no custom fields. */
export function moduleOf(stream: string): string | null {
  return modules.get(stream) ?? null;
}
