/** The 30 tables of a Zoho Desk organization that the emulator serves. */
export const tableNames = [
  "organizations",
  "departments",
  "agents",
  "teams",
  "team_members",
  "roles",
  "profiles",
  "channels",
  "organization_fields",
  "layouts",
  "tickets",
  "archived_tickets",
  "ticket_threads",
  "ticket_comments",
  "ticket_attachments",
  "ticket_time_entries",
  "ticket_history",
  "ticket_tags",
  "contacts",
  "accounts",
  "products",
  "contracts",
  "tasks",
  "calls",
  "events",
  "articles",
  "holiday_lists",
  "business_hours",
  "skills",
  "ticket_templates",
] as const;

/** One of the 30 tables. */
export type TableName = (typeof tableNames)[number];

/** A table that is stored; archived tickets are tickets on another shelf. */
export type StoredTable = Exclude<TableName, "archived_tickets">;

/** Tables whose records belong to one ticket and are read under it. */
export const childTables = [
  "ticket_threads",
  "ticket_comments",
  "ticket_attachments",
  "ticket_time_entries",
  "ticket_history",
] as const;

/** One of the tables read under a ticket. */
export type ChildTable = (typeof childTables)[number];

/** Whether a table's records are read under a ticket. */
export function isChildTable(table: StoredTable): table is ChildTable {
  return (childTables as readonly string[]).includes(table);
}
