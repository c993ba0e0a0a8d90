import { shown, textOf, type Json } from "../json.ts";
import type { Store } from "../store/store.ts";

/** Who speaks in threads and comments, as Zoho Desk shows authors; null when unknown. */
export function authorOf(store: Store, type: "AGENT" | "END_USER", id: string | null): Json {
  const data = id === null ? undefined : store.get(type === "AGENT" ? "agents" : "contacts", id)?.data;
  if (data === undefined) return null;
  const firstName = textOf(data, "firstName");
  const lastName = textOf(data, "lastName");
  const name = [firstName, lastName].filter((part) => part !== null).join(" ");
  return {
    name,
    firstName,
    lastName,
    email: data[type === "AGENT" ? "emailId" : "email"] ?? null,
    type,
    photoURL: null,
  };
}

/** Text without its HTML tags. */
export function plainText(html: Json | undefined): string {
  return shown(html).replaceAll(/<[^>]+>/g, "");
}
