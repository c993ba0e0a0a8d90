import { isoTime, textOf, type Row } from "../json.ts";
import { sentences, subjects } from "../generator/vocabulary.ts";
import {
  anyOf,
  create,
  createChild,
  html,
  remove,
  removeChild,
  restore,
  update,
  updateChild,
  type ChangeDeps,
  type MakeChange,
} from "./make.ts";

function activity(deps: ChangeDeps): Row | null {
  const department = anyOf(deps, "departments");
  if (department === undefined) return null;
  const ticket = anyOf(deps, "tickets");
  const subject = `${deps.random.pick(subjects)} – ${deps.random.int(1_000_000)}`;
  return { subject, departmentId: department.id, ticketId: ticket?.id ?? null };
}

function timed(deps: ChangeDeps): Row | null {
  const fields = activity(deps);
  return fields === null
    ? null
    : { ...fields, startTime: isoTime(deps.now()), duration: String(60 * (1 + deps.random.int(30))) };
}

function ticket(deps: ChangeDeps): Row | null {
  const contact = anyOf(deps, "contacts");
  const department = anyOf(deps, "departments");
  if (contact === undefined || department === undefined) return null;
  return {
    subject: `${deps.random.pick(subjects)} ${deps.random.int(1_000_000)}`,
    contactId: contact.id,
    departmentId: department.id,
    description: html(deps),
    priority: deps.random.pick(["High", "Medium", "Low"]),
    cf: { cf_text_1: `live ${deps.random.int(1000)}` },
  };
}

function ticketUpdate({ random }: ChangeDeps): Row {
  return random.pick<Row>([
    { status: random.pick(["Open", "Closed", "On Hold", "Escalated"]) },
    { priority: random.pick(["High", "Medium", "Low"]) },
    { subject: `${random.pick(subjects)} ${random.int(1_000_000)}` },
    { cf: { cf_number_1: String(random.int(1000)) } },
    { resolution: `<p>${random.pick(sentences)} ${random.int(1000)}</p>` },
  ]);
}

function moveTicket(deps: ChangeDeps): boolean {
  const state = anyOf(deps, "tickets");
  const department = anyOf(deps, "departments");
  if (state === undefined || department === undefined || textOf(state.data, "departmentId") === department.id)
    return false;
  deps.writes.move(state.id, department.id);
  return true;
}

function archiveTicket(deps: ChangeDeps): boolean {
  const state = anyOf(deps, "tickets");
  if (state !== undefined) deps.writes.archive(state.id);
  return state !== undefined;
}

/** Every kind of live change, with its weight in the mix. */
export const changeKinds = {
  ticketCreate: { weight: 8, make: create("tickets", ticket) },
  ticketUpdate: { weight: 30, make: update("tickets", ticketUpdate) },
  ticketDelete: { weight: 2, make: remove("tickets") },
  ticketRestore: { weight: 1, make: restore("tickets") },
  ticketMove: { weight: 3, make: moveTicket },
  ticketArchive: { weight: 1, make: archiveTicket },
  commentAdd: { weight: 8, make: createChild("ticket_comments", (deps) => ({ content: html(deps) })) },
  commentEdit: { weight: 3, make: updateChild("ticket_comments", (deps) => ({ content: html(deps) })) },
  commentDelete: { weight: 2, make: removeChild("ticket_comments") },
  threadAdd: {
    weight: 8,
    make: createChild("ticket_threads", (deps) => ({
      content: html(deps),
      direction: deps.random.pick(["in", "out"]),
    })),
  },
  timeEntryAdd: {
    weight: 2,
    make: createChild("ticket_time_entries", (deps) => ({
      executedTime: isoTime(deps.now()),
      minutesSpent: String(deps.random.int(60)),
    })),
  },
  timeEntryUpdate: {
    weight: 1,
    make: updateChild("ticket_time_entries", (deps) => ({
      minutesSpent: String(deps.random.int(60)),
      description: deps.random.pick(sentences),
    })),
  },
  timeEntryDelete: { weight: 1, make: removeChild("ticket_time_entries") },
  attachmentAdd: {
    weight: 2,
    make: createChild("ticket_attachments", (deps) => ({
      name: `Datei ${deps.random.int(1000)}.pdf`,
      size: String(deps.random.int(100_000)),
    })),
  },
  attachmentDelete: { weight: 1, make: removeChild("ticket_attachments") },
  contactCreate: {
    weight: 3,
    make: create("contacts", (deps) => ({
      lastName: `Neu ${deps.random.int(1_000_000)}`,
      email: `neu${deps.random.int(1_000_000)}@mail.example`,
    })),
  },
  contactUpdate: { weight: 5, make: update("contacts", (deps) => ({ phone: `+49 30 ${deps.random.int(1_000_000)}` })) },
  contactDelete: { weight: 1, make: remove("contacts") },
  contactRestore: { weight: 1, make: restore("contacts") },
  accountCreate: {
    weight: 1,
    make: create("accounts", (deps) => ({ accountName: `Konto ${deps.random.int(1_000_000)}` })),
  },
  accountUpdate: { weight: 3, make: update("accounts", (deps) => ({ industry: `Branche ${deps.random.int(1000)}` })) },
  taskCreate: { weight: 2, make: create("tasks", activity) },
  taskUpdate: {
    weight: 3,
    make: update("tasks", (deps) => ({ status: deps.random.pick(["In Progress", "Completed", "Deferred"]) })),
  },
  taskDelete: { weight: 1, make: remove("tasks") },
  callCreate: {
    weight: 1,
    make: create("calls", (deps) => {
      const fields = timed(deps);
      return fields === null ? null : { ...fields, direction: "outbound" };
    }),
  },
  callUpdate: { weight: 1, make: update("calls", (deps) => ({ duration: String(deps.random.int(3600)) })) },
  eventCreate: { weight: 1, make: create("events", timed) },
  eventUpdate: { weight: 1, make: update("events", (deps) => ({ priority: deps.random.pick(["High", "Low"]) })) },
  articleCreate: {
    weight: 1,
    make: create("articles", (deps) => ({
      title: `${deps.random.pick(subjects)} ${deps.random.int(1000)}`,
      categoryId: "410100000010",
      answer: html(deps),
    })),
  },
  articleUpdate: {
    weight: 1,
    make: update("articles", (deps) => ({ answer: html(deps), summary: deps.random.pick(sentences) })),
  },
  articleDelete: { weight: 0.3, make: remove("articles") },
  agentUpdate: { weight: 0.5, make: update("agents", (deps) => ({ phone: `+49 ${deps.random.int(1_000_000)}` })) },
  departmentUpdate: {
    weight: 0.2,
    make: update("departments", (deps) => ({ description: `Stand ${deps.random.int(1000)}` })),
  },
  productUpdate: { weight: 1, make: update("products", (deps) => ({ unitPrice: `${deps.random.int(1000)}.00` })) },
  contractUpdate: {
    weight: 0.5,
    make: update("contracts", (deps) => ({ description: `Nachtrag ${deps.random.int(1000)}` })),
  },
} as const satisfies Record<string, { readonly weight: number; readonly make: MakeChange }>;

/** One kind of live change. */
export type ChangeKindName = keyof typeof changeKinds;
