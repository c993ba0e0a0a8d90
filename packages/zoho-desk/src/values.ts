import type { JsonObject, JsonValue } from "@deskmirror/model";

/** A scalar as text; null for null, missing, objects and arrays. */
export function toText(value: JsonValue | undefined): string | null {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : null;
}

/** An id as text; null when there is none. */
export function toId(value: JsonValue | undefined): string | null {
  const text = toText(value);
  return text === "" ? null : text;
}

/** A time as ISO text or as ms (Zoho Desk API, times), in ms; null when it is neither. */
export function toTime(value: JsonValue | undefined): number | null {
  if (typeof value === "number") return Number.isSafeInteger(value) && value >= 0 ? value : null;
  if (typeof value !== "string") return null;
  const ms = /^\d{1,15}$/.test(value) ? Number(value) : Date.parse(value);
  return Number.isSafeInteger(ms) && ms >= 0 ? ms : null;
}

/** A flag as boolean or text. */
export function isTrue(value: JsonValue | undefined): boolean {
  return value === true || (typeof value === "string" && value.toLowerCase() === "true");
}

/** A count as number or text; null when it is neither. */
export function toCount(value: JsonValue | undefined): number | null {
  const count = typeof value === "string" && value !== "" ? Number(value) : value;
  return typeof count === "number" && Number.isSafeInteger(count) && count >= 0 ? count : null;
}

/** The first of several keys of a row that holds an id. */
export function firstId(row: JsonObject, keys: readonly string[]): string | null {
  for (const key of keys) {
    const id = toId(row[key]);
    if (id !== null) return id;
  }
  return null;
}
