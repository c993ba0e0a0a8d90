import { textOf, type Json } from "../json.ts";
import type { StoredTable } from "./names.ts";
import { keys, type Derived, type RenderContext } from "./spec.ts";
import type { State } from "../store/state.ts";

function related(context: RenderContext, table: StoredTable, id: string | null): State | undefined {
  return id === null ? undefined : context.store.get(table, id);
}

/** The derived key that shows the record whose id stands under `idKey`, or null. */
function join(table: StoredTable, idKey: string, show: (state: State, context: RenderContext) => Json): Derived {
  return (state, context) => {
    const other = related(context, table, textOf(state.data, idKey));
    return other === undefined ? null : show(other, context);
  };
}

function pick(state: State, names: readonly string[]): Record<string, Json> {
  return Object.fromEntries(names.map((name) => [name, state.data[name] ?? null]));
}

function showAccount(state: State): Json {
  return { id: state.id, ...pick(state, ["accountName", "website"]) };
}

function showAgent(state: State, context: RenderContext): Json {
  return {
    id: state.id,
    ...pick(state, ["firstName", "lastName"]),
    email: state.data["emailId"] ?? null,
    emailId: state.data["emailId"] ?? null,
    zuid: state.data["zuid"] ?? null,
    photoURL: context.apiUrl(`/agents/${state.id}/photo?orgId=${context.orgId}`),
  };
}

/** The account a record belongs to. */
export const joinedAccount = join("accounts", "accountId", showAccount);

const contactKeys = keys("firstName lastName email phone mobile type isSpam");
const ticketKeys = keys("ticketNumber subject channel status isSpam dueDate teamId");

/** The contact a record belongs to. */
export const joinedContact = join("contacts", "contactId", (state, context) => ({
  id: state.id,
  ...pick(state, contactKeys),
  account: joinedAccount(state, context),
}));

/** The department a record belongs to. */
export const joinedDepartment = join("departments", "departmentId", (state) => ({
  id: state.id,
  ...pick(state, ["name"]),
}));

/** The team a record is assigned to. */
export const joinedTeam = join("teams", "teamId", (state) => ({ id: state.id, ...pick(state, ["name", "logoUrl"]) }));

/** The product a record is about. */
export const joinedProduct = join("products", "productId", (state) => ({
  id: state.id,
  ...pick(state, ["productName"]),
}));

/** The agent whose id stands under `idKey`. */
export function joinedAgent(idKey: string): Derived {
  return join("agents", idKey, showAgent);
}

/** The ticket an activity belongs to. */
export const joinedTicket = join("tickets", "ticketId", (state) => ({
  id: state.id,
  ...pick(state, ticketKeys),
}));

/** `cf` by label, the deprecated spelling. */
export function customFieldsByLabel(module: string): Derived {
  return (state, context) => {
    const labels = context.labels(module);
    const values = (state.data["cf"] ?? {}) as Record<string, Json>;
    return Object.fromEntries(Object.entries(values).map(([name, value]) => [labels.get(name) ?? name, value]));
  };
}

/** The layout a record uses. */
export const layoutDetails = join("layouts", "layoutId", (state) => ({
  id: state.id,
  layoutName: state.data["layoutName"] ?? null,
}));

/** Where a record stands in the web interface. */
export function webUrl(kind: string): Derived {
  return (state, context) => context.webUrl(kind, state.id);
}

/** Whether the record lies in the recycle bin. */
export const isTrashed: Derived = (state) => state.trashed !== null;
