import type { Stream } from "@deskmirror/model";
import { standardColumns } from "../columns/index.ts";
import { calendarEvents, calls, tasks } from "./activities.ts";
import { articles, contracts, products } from "./catalogue.ts";
import { ticketAttachments, ticketComments, ticketHistory, ticketThreads, ticketTimeEntries } from "./children.ts";
import {
  businessHours,
  holidayLists,
  layouts,
  organizationFields,
  skills,
  ticketTags,
  ticketTemplates,
} from "./configuration.ts";
import { agents, channels, departments, organizations, profiles, roles, teamMembers, teams } from "./organization.ts";
import { accounts, contacts } from "./people.ts";
import type { StreamSpec } from "./spec.ts";
import { archivedTickets, tickets } from "./tickets.ts";

/** The streams table: all 30 tables, parents first. */
export const STREAM_SPECS: readonly StreamSpec[] = [
  organizations,
  departments,
  agents,
  teams,
  teamMembers,
  roles,
  profiles,
  channels,
  organizationFields,
  layouts,
  tickets,
  archivedTickets,
  ticketThreads,
  ticketComments,
  ticketAttachments,
  ticketTimeEntries,
  ticketHistory,
  ticketTags,
  contacts,
  accounts,
  products,
  contracts,
  tasks,
  calls,
  calendarEvents,
  articles,
  holidayLists,
  businessHours,
  skills,
  ticketTemplates,
];

/** The streams as the rest of the system sees them. */
export const STREAMS: readonly Stream[] = STREAM_SPECS.map(toStream);

const byName = new Map(STREAM_SPECS.map((spec) => [spec.name, spec]));

/** The spec of a stream by name; null when there is no such stream. */
export function findSpec(name: string): StreamSpec | null {
  return byName.get(name) ?? null;
}

function toStream(spec: StreamSpec): Stream {
  const perTicket = spec.parent === "tickets";
  return {
    name: spec.name,
    parent: spec.parent,
    perTicket,
    core: spec.core,
    hasModifiedTime: spec.modified !== "never",
    isByCreatedTime: spec.search !== null,
    countsAlso: spec.countsAlso,
    asideKey: spec.asideKey,
    hasEvents: spec.events !== null,
    // What is read under each ticket is due when its ticket changes; comparing it whole would cost credits per ticket.
    polled: !perTicket && (spec.events === null || spec.changedSince === null),
    hasChangedSince: spec.changedSince !== null,
    hasGet: spec.get !== null,
    inBin: spec.bin.length > 0,
    volatile: new Set(spec.volatile),
    columns: standardColumns(spec.name),
  };
}
