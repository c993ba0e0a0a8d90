import { STREAM_SPECS } from "../streams/index.ts";
import type { StreamSpec } from "../streams/spec.ts";

/** A module as people and automations name it. */
export interface Module {
  readonly spec: StreamSpec;
  /** Keys of a body that hold its record's id, as `toName` writes them: `ticketid`. */
  readonly idKeys: readonly string[];
}

/** Where Zoho has another name for a module than for its table. */
const otherNames: Readonly<Record<string, readonly string[]>> = { articles: ["Solutions"] };

/** Modules whose records can be asked for by id alone, tickets first: they are what is meant where nothing says which module. */
export const MODULES: readonly Module[] = STREAM_SPECS.filter(({ get, parent }) => get !== null && parent === null)
  .toSorted((left, right) => Number(right.name === "tickets") - Number(left.name === "tickets"))
  .map((spec) => ({ spec, idKeys: namesOf(spec).map((name) => `${name}id`) }));

const byName = new Map(MODULES.flatMap((module) => namesOf(module.spec).map((name) => [name, module])));
const byIdKey = new Map(MODULES.flatMap((module) => module.idKeys.map((key) => [key, module])));

/** The module with a name, singular or plural, however it is written; null when its records cannot be asked for. */
export function findModule(name: string): Module | null {
  return byName.get(toSingular(toName(name))) ?? null;
}

/** The module whose record a key such as `contactid` names; null when it is none. */
export function moduleOfKey(key: string): Module | null {
  return byIdKey.get(key) ?? null;
}

/** A name without case, spaces and signs: `ticket_id`, `ticketId` and `Ticket ID` are one. */
export function toName(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
}

function namesOf({ name }: StreamSpec): readonly string[] {
  return [name, ...(otherNames[name] ?? [])].map((one) => toSingular(toName(one)));
}

function toSingular(name: string): string {
  return name.replace(/s$/, "");
}
