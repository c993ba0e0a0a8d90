import type { Naming } from "@deskmirror/model";
import { TEXT_LENGTH, toFields } from "./fields.ts";
import type { Fields } from "./fields.ts";
import { MODULES, findModule, moduleOfKey } from "./modules.ts";
import type { Module } from "./modules.ts";

const tickets = MODULES[0]!;

/** Ids have 13 to 18 digits in all that Zoho shows, ticket numbers fewer. */
const id = /^\d{12,20}$/;
const number = /^#?\s*(\d{1,11})$/;

/** In running text an id has more digits than a phone number or a time in ms. */
const idInText = /(?<!\d)\d{15,20}(?!\d)/;
/** `Ticket 128`, `ticket number: 128`, `Ticket #128`; `[## 128 ##]`; nothing but the number. */
const numbersInText = [
  /\bticket(?:\s*id|\s*no\.?|\s*nr\.?|\s*number)?\s*[:=#-]*\s*(\d{1,11})(?!\d)/i,
  /#\s*(\d{1,11})(?!\d)/,
  /^\s*(\d{1,11})\s*$/,
];

/**
 * Finds out which record a body that is no list of events speaks of: what a workflow rule, a Cliq message or a custom function sends, in a
 * form that its author chose (contract section 3). The module is named by the body or by the URL's `?module=`, the record by `id`,
 * `<module>Id` or `ticketNumber`, else by an id or ticket number in the text. Pure.
 */
export function readForeign(body: string, urlModule: string | null): Naming {
  const fields = toFields(body);
  const names = [fields.get("module") ?? "", urlModule ?? ""].filter((name) => name !== "");
  const module = names.map(findModule).find((found) => found !== null);
  if (module !== undefined) return recordOf(module, ["id"], fields) ?? recordInText([module], fields.text);
  if (names.length > 0) return nothing(`${names[0]!.slice(0, 100)} is no module whose records can be asked for`);
  return recordOf(tickets, [], fields) ?? recordOfAny(fields) ?? recordInText(MODULES, fields.text);
}

/** The record that a module's own keys, or one of the others, name. */
function recordOf(module: Module, otherKeys: readonly string[], fields: Fields): Naming | null {
  const isTicket = module === tickets;
  const keys = [...module.idKeys, ...otherKeys, ...(isTicket ? ["ticketnumber"] : [])];
  const values = keys.map((key) => fields.get(key) ?? "");
  const key = values.find((value) => id.test(value));
  if (key !== undefined) return { kind: "record", streams: [module.spec.name], key };
  const ticketNumber = isTicket ? firstMatch([number], values) : null;
  return ticketNumber === null ? null : { kind: "ticket-number", ticketNumber };
}

/** Where no module is said: the record of a plain `id`, whichever it is, else that of the first key such as `contactId`. */
function recordOfAny(fields: Fields): Naming | null {
  const key = fields.get("id") ?? "";
  if (id.test(key)) return { kind: "record", streams: MODULES.map(({ spec }) => spec.name), key };
  for (const name of fields.names) {
    const module = moduleOfKey(name);
    const record = module === null ? null : recordOf(module, [], fields);
    if (record !== null) return record;
  }
  return null;
}

function recordInText(modules: readonly Module[], text: string): Naming {
  const [key] = idInText.exec(text) ?? [];
  if (key !== undefined) return { kind: "record", streams: modules.map(({ spec }) => spec.name), key };
  const ticketNumber = modules.includes(tickets) ? firstMatch(numbersInText, [text]) : null;
  if (ticketNumber !== null) return { kind: "ticket-number", ticketNumber };
  return nothing(`nothing in the first ${TEXT_LENGTH} characters of this body names a record`);
}

function firstMatch(patterns: readonly RegExp[], texts: readonly string[]): string | null {
  for (const pattern of patterns) {
    for (const text of texts) {
      const [, match] = pattern.exec(text) ?? [];
      if (match !== undefined) return match;
    }
  }
  return null;
}

function nothing(message: string): Naming {
  return {
    kind: "nothing",
    message: `${message}; send {"module":"Tickets","id":"…"}, or an id with ?module= on the URL`,
  };
}
