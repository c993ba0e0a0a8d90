import { isRow, type MutableRow, type Row } from "../json.ts";
import type { Change, State } from "../store/state.ts";
import { tables } from "../tables/index.ts";
import { render, renderDetail } from "../tables/render.ts";
import { detailKeys, type RenderContext } from "../tables/spec.ts";
import type { EventFilter } from "./subscription.ts";

/** One event of a write, not yet filtered for a webhook. */
export interface DeskEvent {
  readonly eventType: string;
  readonly change: Change;
  /** The record after the write; for a delete, before it. */
  readonly subject: State;
  /** The payload as Zoho Desk sends it. */
  payload(): Row;
  /** The resource before the change; null where there was none. */
  previous(): Row | null;
  /** Whether it is the flagged update that a delete may send first. */
  readonly flaggedDelete: boolean;
}

const endings: Readonly<Record<Change["kind"], string | null>> = {
  create: "Add",
  update: "Update",
  trash: "Delete",
  purge: "Delete",
  restore: null,
  archive: null,
  count: null,
};

/** Attachments have words of their own for the recycle bin. */
const attachmentEndings: Partial<Record<Change["kind"], string>> = { trash: "Trashed", restore: "Restored" };

/** The event types of a write; a name that the catalogue lacks is one that nobody can subscribe to. */
function typesOf(change: Change, context: RenderContext): { eventType: string; flaggedDelete: boolean }[] {
  const { kind, before, after } = change;
  const state = after ?? before;
  const prefix = state === null ? null : tables[state.table].eventPrefix;
  if (state === null || prefix === null || change.cause.silent === true) return [];
  const { restoreEvent, deleteSendsUpdate } = context.settings;
  if (kind === "restore" && state.table === "tickets") {
    return restoreEvent === "none" ? [] : [{ eventType: restoreEvent, flaggedDelete: false }];
  }
  const isAttachment = state.table === "ticket_attachments";
  if (kind === "purge" && before?.trashed != null && !isAttachment) return [];
  const ending = (isAttachment ? attachmentEndings[kind] : undefined) ?? endings[kind];
  if (ending === null) return [];
  const main = { eventType: `${prefix}_${ending}`, flaggedDelete: false };
  const first = { eventType: `${prefix}_Update`, flaggedDelete: true };
  return kind === "trash" && deleteSendsUpdate && !isAttachment ? [first, main] : [main];
}

/** The events of a write, with what each carries. */
export function eventsOf(change: Change, context: RenderContext): DeskEvent[] {
  const { before, after } = change;
  return typesOf(change, context).map(({ eventType, flaggedDelete }) => ({
    eventType,
    change,
    subject: (after ?? before) as State,
    flaggedDelete,
    payload: () => payloadOf(eventType, change, context),
    previous: () => (before === null ? null : previousOf(change, context)),
  }));
}

function payloadOf(eventType: string, change: Change, context: RenderContext): Row {
  const state = (change.after ?? change.before) as State;
  if (eventType.endsWith("_Delete")) return { id: state.id };
  const detail = renderDetail(state, context);
  if (state.parentId !== null && state.table !== "ticket_time_entries") {
    return { ...withoutAddresses(state, detail), ticketId: state.parentId };
  }
  if (state.table !== "tickets") return detail;
  const contact = render(state, ["contact"], context);
  const { firstThread } = change;
  if (firstThread === undefined) return { ...detail, ...contact };
  return {
    ...detail,
    ...contact,
    firstThread: { ...withoutAddresses(firstThread, renderDetail(firstThread, context)), ticketId: state.id },
  };
}

/** Thread payloads no longer carry addresses. */
function withoutAddresses({ table }: State, row: Row): Row {
  if (table !== "ticket_threads") return row;
  const { to: _to, cc: _cc, bcc: _bcc, fromEmailAddress: _from, ...rest } = row;
  return rest;
}

function previousOf({ before, after }: Change, context: RenderContext): Row {
  const previous = renderDetail(before as State, context);
  if (context.settings.prevState === "full" || after === null) return previous;
  const now = renderDetail(after, context);
  const changed: MutableRow = { id: previous["id"] ?? null };
  for (const [key, value] of Object.entries(previous)) {
    if (JSON.stringify(value) !== JSON.stringify(now[key])) changed[key] = value;
  }
  return changed;
}

/** Whether an event passes the filter of a subscription. */
export function passesFilter(
  { subject, change }: DeskEvent,
  filter: EventFilter | null,
  context: RenderContext,
): boolean {
  if (filter === null) return true;
  const { departmentIds, fields, direction } = filter;
  if (departmentIds !== undefined && !departmentIds.includes(departmentOf(subject, context) ?? "")) return false;
  if (direction !== undefined && subject.data["direction"] !== direction) return false;
  if (fields === undefined || change.before === null || change.after === null) return true;
  return fields.some(
    (name) => valueOf(change.before as State, name, context) !== valueOf(change.after as State, name, context),
  );
}

function valueOf(state: State, name: string, context: RenderContext): string {
  const keys = detailKeys(tables[state.table]);
  const { cf } = state.data;
  if (!keys.includes(name) && isRow(cf)) return JSON.stringify(cf[name] ?? null);
  return JSON.stringify(render(state, [name], context)[name]);
}

function departmentOf(state: State, context: RenderContext): string | null {
  const own = state.data["departmentId"];
  if (typeof own === "string") return own;
  const ticket = state.parentId === null ? undefined : context.store.get("tickets", state.parentId);
  const inherited = ticket?.data["departmentId"];
  return typeof inherited === "string" ? inherited : null;
}
