/** The scopes a code gets when none are named: everything a full copy needs. */
export const allScopes: readonly string[] = [
  "Desk.tickets.ALL",
  "Desk.contacts.ALL",
  "Desk.accounts.ALL",
  "Desk.products.ALL",
  "Desk.contracts.ALL",
  "Desk.tasks.ALL",
  "Desk.calls.ALL",
  "Desk.events.ALL",
  "Desk.activities.ALL",
  "Desk.articles.ALL",
  "Desk.search.READ",
  "Desk.basic.ALL",
  "Desk.settings.ALL",
  "Desk.webhooks.ALL",
];

/** A verb of a scope. */
export type Verb = "READ" | "CREATE" | "UPDATE" | "DELETE";

/** What a call needs: one of the groups with the verb, and every further scope by name. */
export interface NeededScope {
  readonly groups: readonly string[];
  readonly verb: Verb;
  readonly also?: readonly string[];
}

/** Whether the scopes held cover one scope; `.ALL` covers every verb. */
export function covers(held: readonly string[], wanted: string): boolean {
  const all = `${wanted.slice(0, wanted.lastIndexOf("."))}.ALL`;
  return held.includes(wanted) || held.includes(all);
}

/** Whether the scopes held are enough for a call. */
export function isAllowed(held: readonly string[], { groups, verb, also = [] }: NeededScope): boolean {
  const any = groups.length === 0 || groups.some((group) => covers(held, `${group}.${verb}`));
  return any && also.every((scope) => covers(held, scope));
}

/** Reads a list of scopes separated by commas or spaces. */
export function parseScopes(text: string): string[] {
  return text.split(/[\s,]+/).filter((scope) => scope !== "");
}
