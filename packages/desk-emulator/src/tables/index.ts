import * as activities from "./activities.ts";
import * as catalogue from "./catalogue.ts";
import * as children from "./children.ts";
import * as configuration from "./configuration.ts";
import type { StoredTable } from "./names.ts";
import * as organization from "./organization.ts";
import * as people from "./people.ts";
import type { TableSpec } from "./spec.ts";
import { tickets } from "./tickets.ts";

/** The specification of every stored table. */
export const tables: Readonly<Record<StoredTable, TableSpec>> = {
  organizations: organization.organizations,
  departments: organization.departments,
  agents: organization.agents,
  teams: organization.teams,
  team_members: organization.teamMembers,
  roles: organization.roles,
  profiles: organization.profiles,
  channels: organization.channels,
  organization_fields: configuration.fields,
  layouts: configuration.layouts,
  tickets,
  ticket_threads: children.threads,
  ticket_comments: children.comments,
  ticket_attachments: children.attachments,
  ticket_time_entries: children.timeEntries,
  ticket_history: children.history,
  ticket_tags: configuration.tags,
  contacts: people.contacts,
  accounts: people.accounts,
  products: catalogue.products,
  contracts: catalogue.contracts,
  tasks: activities.tasks,
  calls: activities.calls,
  events: activities.calendarEvents,
  articles: catalogue.articles,
  holiday_lists: configuration.holidayLists,
  business_hours: configuration.businessHours,
  skills: configuration.skills,
  ticket_templates: configuration.templates,
};

/** All specifications. */
export const tableSpecs: readonly TableSpec[] = Object.values(tables);
