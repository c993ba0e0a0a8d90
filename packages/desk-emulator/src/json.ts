import { createHash } from "node:crypto";

/** A JSON value as Zoho Desk sends it. */
export type Json = string | number | boolean | null | readonly Json[] | Row;

/** A JSON object: one record, or a part of one. */
export interface Row {
  readonly [key: string]: Json;
}

/** A record under construction. */
export interface MutableRow {
  [key: string]: Json;
}

/** The text under `key`, or null when it is absent or no text. */
export function textOf(row: Row, key: string): string | null {
  const value = row[key];
  return typeof value === "string" ? value : null;
}

/** A value as text: objects as JSON, nothing as "". */
export function shown(value: Json | undefined): string {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** Whether a parsed JSON value is an object (not null, not an array). */
export function isRow(value: unknown): value is Row {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The count under `key`, which Zoho Desk sends as text; 0 when absent. */
export function countOf(row: Row, key: string): number {
  return Number(row[key] ?? 0);
}

/** Milliseconds since 1970 as Zoho Desk writes times: `yyyy-MM-ddTHH:mm:ss.SSSZ`. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

/** JSON with sorted keys, so that equal values give equal text. */
export function canonicalJson(value: Json): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    isRow(part) ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1))) : part,
  );
}

/** The first 16 hexadecimal digits of the SHA-256 of a value's canonical JSON. */
export function shortHash(value: Json): string {
  return createHash("sha256").update(canonicalJson(value)).digest("hex").slice(0, 16);
}
