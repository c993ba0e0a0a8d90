import { isoTime, textOf, type Json } from "../json.ts";
import { createRandom, mixSeed, type Random } from "../random.ts";
import { blankTicket, statusTypeOf } from "../tables/tickets.ts";
import { blankCall, blankEvent, blankTask } from "../tables/activities.ts";
import { placeInCrowds } from "./crowds.ts";
import { childCounts, lastThreadOf } from "./children.ts";
import { customValues, type CustomField } from "./custom-fields.ts";
import { layoutOf } from "./people.ts";
import { categories, channels, priorities, sentences, subjects } from "./vocabulary.ts";
import { add, later, perhapsTrashed, times, type World } from "./world.ts";

const statuses = ["Open", "Open", "Closed", "Closed", "Closed", "On Hold", "Escalated", "Waiting on customer"] as const;

/** Tickets with the tasks, calls and events that belong to them. */
export function generateTickets(world: World): void {
  const taskTickets = planTasks(world);
  const taskCounts = new Map<number, number>();
  for (const ticket of taskTickets) if (ticket !== null) taskCounts.set(ticket, (taskCounts.get(ticket) ?? 0) + 1);
  addTickets(world, taskCounts);
  taskTickets.forEach((ticket, index) => {
    addTask(world, index, taskTickets.length, ticket === null ? null : (world.ids.tickets[ticket] as string));
  });
  addCallsAndEvents(world);
}

/** Which ticket each task belongs to, by index; null = none. */
function planTasks({ random, tickets }: World): (number | null)[] {
  const count = Math.max(20, Math.floor(tickets / 5));
  return Array.from({ length: count }, () => (tickets > 0 && random.chance(0.7) ? random.int(tickets) : null));
}

function addTickets(world: World, taskCounts: ReadonlyMap<number, number>): void {
  const { random, tickets, ids } = world;
  const crowdPlace = placeInCrowds(tickets, world.crowds);
  const crowded = random.pick(ids.departments);
  const fields = world.customFields.filter((field) => field.module === "tickets");
  let previousMs = world.startMs;
  let crowdMs = 0;
  for (let index = 0; index < tickets; index += 1) {
    const time = times(world, index, tickets);
    const place = crowdPlace(index);
    if (place === null) {
      crowdMs = 0;
      if (index > 0 && random.chance(0.04)) time.createdMs = previousMs;
    } else {
      crowdMs ||= time.createdMs;
      time.createdMs = crowdMs + place.afterMs;
    }
    previousMs = time.createdMs;
    time.modifiedMs = Math.max(time.modifiedMs, time.createdMs);
    const departmentId = place?.crowd.inOneDepartment === true ? crowded : random.pick(ids.departments);
    addTicket(world, { index, ...time, departmentId, fields, taskCount: taskCounts.get(index) ?? 0 });
  }
}

interface TicketPlan {
  readonly index: number;
  readonly createdMs: number;
  readonly modifiedMs: number;
  readonly departmentId: string;
  readonly fields: readonly CustomField[];
  readonly taskCount: number;
}

function addTicket(world: World, { index, createdMs, modifiedMs, departmentId, fields, taskCount }: TicketPlan): void {
  const { random, ids, store, endMs } = world;
  const contactId = random.pick(ids.contacts);
  const contact = store.get("contacts", contactId)?.data ?? {};
  const status = random.pick(statuses);
  const channel = random.pick(channels);
  const assigneeId = random.chance(0.8) ? random.pick(ids.agents) : null;
  const counts = childCounts(world.seed, index);
  const isOld = endMs - modifiedMs > 120 * 86_400_000;
  const closed = statusTypeOf(status) === "Closed";
  const data = {
    ...blankTicket,
    ticketNumber: String(101 + index),
    index,
    subject: `${random.pick(subjects)} #${101 + index}`,
    dueDate: random.chance(0.6) ? isoTime(createdMs + random.int(10 * 86_400) * 1000) : null,
    channel,
    language: random.pick(["English", "Deutsch", "Français"]),
    priority: random.pick(priorities),
    assigneeId,
    teamId: random.chance(0.3) ? random.pick(ids.teams) : null,
    email: textOf(contact, "email"),
    phone: textOf(contact, "phone"),
    productId: random.chance(0.3) ? random.pick(ids.products) : null,
    status,
    sentiment: random.pick(["POSITIVE", "NEUTRAL", "NEGATIVE", null]),
    category: random.pick(categories),
    customerResponseTime: isoTime(createdMs + random.int(1000)),
    contactId,
    accountId: textOf(contact, "accountId"),
    departmentId,
    layoutId: layoutOf(world, "tickets", departmentId),
    isSpam: random.chance(0.01),
    threadCount: String(counts.threads),
    commentCount: String(counts.comments),
    attachmentCount: String(counts.attachments),
    timeEntryCount: String(counts.timeEntries),
    taskCount: String(taskCount),
    onholdTime: statusTypeOf(status) === "On Hold" ? isoTime(modifiedMs) : null,
    closedTime: closed ? isoTime(modifiedMs) : null,
    lastThread: lastThreadOf(channel, counts.threads),
    modifiedBy: assigneeId,
    createdBy: random.pick(ids.agents),
    description: `<div>${random.pick(sentences)} ${random.pick(sentences)} (${101 + index})</div>`,
    resolution: closed ? `<p>${random.pick(sentences)}</p>` : null,
    classification: random.pick(["Question", "Problem", null]),
    cf: customValues(fields, random, index),
  };
  const trashed = perhapsTrashed(world, modifiedMs, 0.01);
  const archived = trashed === null && isOld && closed && random.chance(0.12);
  add(world, "tickets", data, { createdMs, modifiedMs, trashed, archived });
}

function activityData(world: World, ticketId: string | null, random: Random): Record<string, Json> {
  const { ids, store } = world;
  const ticket = ticketId === null ? undefined : store.get("tickets", ticketId)?.data;
  return {
    priority: random.pick(priorities),
    category: random.pick(categories),
    ownerId: random.chance(0.9) ? random.pick(ids.agents) : null,
    contactId: ticket === undefined ? null : textOf(ticket, "contactId"),
    ticketId,
    departmentId: ticket === undefined ? random.pick(ids.departments) : textOf(ticket, "departmentId"),
    creatorId: random.pick(ids.agents),
    description: random.chance(0.5) ? random.pick(sentences) : null,
  };
}

function addTask(world: World, index: number, count: number, ticketId: string | null): void {
  const { random } = world;
  const time = times(world, index, count);
  const status = random.pick(["Not Started", "In Progress", "Completed"]);
  const data = {
    ...blankTask,
    ...activityData(world, ticketId, random),
    subject: `${random.pick(subjects)} – Aufgabe ${index + 1}`,
    status,
    dueDate: isoTime(time.createdMs + random.int(86_400_000 * 9)),
    completedTime: status === "Completed" ? isoTime(time.modifiedMs) : null,
    layoutId: layoutOf(world, "tasks"),
    modifiedBy: random.pick(world.ids.agents),
    cf: customValues(
      world.customFields.filter((field) => field.module === "tasks"),
      random,
      index,
    ),
  };
  add(world, "tasks", data, {
    ...time,
    trashed: ticketId === null ? perhapsTrashed(world, time.modifiedMs, 0.02) : null,
  });
}

function addCallsAndEvents(world: World): void {
  const calls = Math.max(20, Math.floor(world.tickets / 10));
  for (let index = 0; index < calls; index += 1) addTimed(world, "calls", index, calls);
  const events = Math.max(20, Math.floor(world.tickets / 20));
  for (let index = 0; index < events; index += 1) addTimed(world, "events", index, events);
}

function addTimed(world: World, table: "calls" | "events", index: number, count: number): void {
  const { random, ids } = world;
  const own = createRandom(mixSeed(world.seed, index, table.length));
  const time = times(world, index, count);
  const ticketId = ids.tickets.length > 0 && random.chance(0.6) ? random.pick(ids.tickets) : null;
  const status = random.pick(["Completed", "Scheduled", "In Progress"]);
  const data = {
    ...(table === "calls" ? { ...blankCall, direction: own.pick(["inbound", "outbound"]) } : blankEvent),
    ...activityData(world, ticketId, random),
    subject: `${random.pick(subjects)} – ${table === "calls" ? "Anruf" : "Termin"} ${index + 1}`,
    status,
    startTime: isoTime(later(world, time.createdMs)),
    duration: String(60 * (1 + own.int(60))),
    completedTime: status === "Completed" ? isoTime(time.modifiedMs) : null,
    layoutId: layoutOf(world, table),
    modifiedBy: random.pick(ids.agents),
    cf: customValues(
      world.customFields.filter((field) => field.module === table),
      random,
      index,
    ),
  };
  add(world, table, data, { ...time, trashed: perhapsTrashed(world, time.modifiedMs, 0.02) });
}
