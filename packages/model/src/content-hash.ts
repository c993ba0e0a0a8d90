import { hash } from "node:crypto";
import { toStorableText } from "./json.ts";
import type { JsonObject, JsonValue } from "./json.ts";

/**
 * Hashes a register's content to 16 hex digits. The same state gives the same hash in whatever dress Zoho sends it: key order,
 * numbers and booleans as text, times as ISO text or ms, and what no database stores (NUL, lone surrogates) or stands in its place
 * make no difference. `skip` names top-level keys left out.
 */
export function hashContent(data: JsonObject, skip: ReadonlySet<string>): string {
  const parts: string[] = [];
  writeObject(data, parts, skip);
  return hash("sha1", parts.join(""), "hex").slice(0, 16);
}

const none: ReadonlySet<string> = new Set();

function writeObject(data: JsonObject, parts: string[], skip: ReadonlySet<string>): void {
  parts.push("{");
  for (const key of Object.keys(data).toSorted()) {
    if (skip.has(key)) continue;
    const value = data[key];
    if (value === undefined) continue;
    parts.push(JSON.stringify(toStorableText(key)), ":");
    writeValue(value, parts);
  }
  parts.push("}");
}

function writeValue(value: JsonValue, parts: string[]): void {
  if (value === null) parts.push("null,");
  else if (typeof value === "string") parts.push(JSON.stringify(normalizeText(value)), ",");
  else if (typeof value !== "object") parts.push(`"${value}",`);
  else if (!isArray(value)) writeObject(value, parts, none);
  else {
    parts.push("[");
    for (const item of value) writeValue(item, parts);
    parts.push("]");
  }
}

function isArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/;

function normalizeText(text: string): string {
  if (!isoTime.test(text)) return toStorableText(text);
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? text : String(ms);
}
