import { shown, isoTime, textOf, type Json, type Row } from "../json.ts";
import { createRandom, mixSeed, type Random } from "../random.ts";
import { historyKey, historyRow } from "../store/history.ts";
import { idOf, type State } from "../store/state.ts";
import type { Store } from "../store/store.ts";
import { authorOf, plainText } from "../tables/authors.ts";
import { blankAttachment, blankComment, blankThread, blankTimeEntry } from "../tables/children.ts";
import type { ChildTable } from "../tables/names.ts";
import { sentences } from "./vocabulary.ts";

/** How many children a generated ticket was born with. */
export interface ChildCounts {
  readonly threads: number;
  readonly comments: number;
  readonly attachments: number;
  readonly timeEntries: number;
}

/** The counts of the generated ticket with this index; the same each time. */
export function childCounts(seed: number, index: number): ChildCounts {
  const random = createRandom(mixSeed(seed, index, 1));
  return {
    threads: 1 + random.int(4),
    comments: random.int(4),
    attachments: random.chance(0.3) ? 1 + random.int(2) : 0,
    timeEntries: random.chance(0.25) ? 1 + random.int(2) : 0,
  };
}

/** `lastThread` of a ticket with this many threads: they alternate, starting with the customer's. */
export function lastThreadOf(channel: string, threads: number): Json {
  return { channel: channel.toUpperCase(), isDraft: false, isForward: false, direction: directionOf(threads - 1) };
}

function directionOf(position: number): string {
  return position % 2 === 0 ? "in" : "out";
}

interface Family {
  readonly store: Store;
  readonly ticket: State;
  readonly index: number;
  readonly random: Random;
  readonly counts: ChildCounts;
  readonly agentId: string;
}

/** Sequence numbers of generated children start here; a ticket has a thousand. */
const firstChildSeq = 1e12;

const slots: Readonly<Record<ChildTable, number>> = {
  ticket_threads: 0,
  ticket_comments: 200,
  ticket_attachments: 400,
  ticket_time_entries: 600,
  ticket_history: 800,
};

const makers: Readonly<Record<ChildTable, (family: Family) => State[]>> = {
  ticket_threads: (family) => range(family.counts.threads, (at) => thread(family, at)),
  ticket_comments: (family) => range(family.counts.comments, (at) => comment(family, at)),
  ticket_attachments: (family) => range(family.counts.attachments, (at) => attachment(family, at)),
  ticket_time_entries: (family) => range(family.counts.timeEntries, (at) => timeEntry(family, at)),
  ticket_history: (family) => [historyOfBirth(family)],
};

/** Makes the children a generated ticket was born with; tickets made later were born with none. */
export function createChildOrigin(seed: number, store: () => Store): (table: ChildTable, ticket: State) => State[] {
  return (table, ticket) => {
    const { index } = ticket.data;
    if (typeof index !== "number") return [];
    const random = createRandom(mixSeed(seed, index, slots[table] + 7));
    const agentId = textOf(ticket.data, "createdBy") ?? "";
    return makers[table]({ store: store(), ticket, index, random, counts: childCounts(seed, index), agentId });
  };
}

function range<T>(count: number, make: (position: number) => T): T[] {
  return Array.from({ length: count }, (_none, position) => make(position));
}

interface ChildBirth {
  readonly table: ChildTable;
  readonly position: number;
  readonly data: Row;
  readonly modifiedMs?: number;
}

function childState({ ticket, index }: Family, { table, position, data, modifiedMs }: ChildBirth): State {
  const seq = firstChildSeq + index * 1000 + slots[table] + position;
  const createdMs = ticket.createdMs + position * 10_000;
  const birth = { parentId: ticket.id, trashed: null, archived: false };
  return { table, id: idOf(seq), seq, createdMs, modifiedMs: modifiedMs ?? createdMs, data, ...birth };
}

function thread(family: Family, position: number): State {
  const { random, store, ticket, agentId } = family;
  const direction = directionOf(position);
  const incoming = direction === "in";
  const content = `<div>${random.pick(sentences)} ${random.pick(sentences)}</div>`;
  const data = {
    ...blankThread,
    channel: shown(ticket.data["channel"]).toUpperCase(),
    direction,
    isDescriptionThread: position === 0,
    author: incoming
      ? authorOf(store, "END_USER", textOf(ticket.data, "contactId"))
      : authorOf(store, "AGENT", agentId),
    fromEmailAddress: incoming ? textOf(ticket.data, "email") : "support@nordlicht.example",
    to: incoming ? "support@nordlicht.example" : textOf(ticket.data, "email"),
    summary: plainText(content).slice(0, 60),
    responderId: incoming ? null : agentId,
    content,
  };
  return childState(family, { table: "ticket_threads", position, data });
}

function comment(family: Family, position: number): State {
  const { random, store, agentId } = family;
  const data = {
    ...blankComment,
    content: `<div>${random.pick(sentences)}</div>`,
    isPublic: random.chance(0.3),
    commenterId: agentId,
    commenter: authorOf(store, "AGENT", agentId),
  };
  return childState(family, { table: "ticket_comments", position, data, modifiedMs: 0 });
}

function attachment(family: Family, position: number): State {
  const { random, agentId } = family;
  const data = {
    ...blankAttachment,
    name: `Foto ${position + 1} – größer.png`,
    size: String(1000 + random.int(90_000)),
    creatorId: agentId,
  };
  return childState(family, { table: "ticket_attachments", position, data });
}

function timeEntry(family: Family, position: number): State {
  const { random, ticket, agentId } = family;
  const data = {
    ...blankTimeEntry,
    requestId: ticket.id,
    departmentId: ticket.data["departmentId"] ?? null,
    ownerId: agentId,
    createdBy: agentId,
    creatorId: agentId,
    executedTime: isoTime(ticket.createdMs + position * 10_000),
    minutesSpent: String(1 + random.int(59)),
    description: random.pick(sentences),
  };
  return childState(family, { table: "ticket_time_entries", position, data });
}

function historyOfBirth(family: Family): State {
  const { ticket, store, agentId } = family;
  const data = historyRow({
    eventName: "TicketCreated",
    atMs: ticket.createdMs,
    actor: { id: agentId, name: store.get("agents", agentId)?.data["name"] ?? null, type: "Agent" },
    eventInfo: [{ propertyName: "Status", propertyType: null, propertyValue: "Open", systemProperty: null }],
  });
  const state = childState(family, { table: "ticket_history", position: 0, data });
  return { ...state, id: historyKey(ticket.id, data) };
}
