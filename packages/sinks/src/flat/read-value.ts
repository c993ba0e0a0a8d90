import { isJsonObject } from "@deskmirror/model";
import type { Column, ColumnType, JsonObject, JsonValue } from "@deskmirror/model";

/** A value of a flat row; times in ms, dates as `yyyy-MM-dd`. */
export type FlatValue = string | number | boolean | null;

/** What a column shows of a record, and whether a value is there that does not fit the column's type. */
export interface Reading {
  readonly value: FlatValue;
  readonly isMisfit: boolean;
}

/** Reads a column of a record; the SQL of the other sinks reads the same. */
export function readColumn({ path, type }: Column, data: JsonObject | null): Reading {
  let raw: JsonValue | undefined = data ?? undefined;
  for (const key of path) raw = isJsonObject(raw) && Object.hasOwn(raw, key) ? raw[key] : undefined;
  if (raw === undefined || raw === null) return { value: null, isMisfit: false };
  const value = type === "text" ? toText(raw) : readers[type](typeof raw === "object" ? "{" : String(raw));
  return { value, isMisfit: type !== "text" && value === null && raw !== "" };
}

/** Lists become one text; what is no scalar stands there as JSON. */
function toText(raw: JsonValue): string | null {
  if (!Array.isArray(raw)) return toElement(raw);
  const elements = raw.filter((element) => element !== null).map(toElement);
  return elements.length === 0 ? null : elements.join("|");
}

function toElement(value: JsonValue): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

const NUMBER = /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]{1,2})?$/;
const INTEGER = /^-?(0|[1-9][0-9]{0,17})(\.0+)?$/;
const TIME = /^T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-](0\d|1[0-4]):[0-5]\d)?$/;

const booleans: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["false", false],
]);

const readers: Readonly<Record<Exclude<ColumnType, "text">, (text: string) => FlatValue>> = {
  integer: (text) => (INTEGER.test(text) ? Number(text) : null),
  number: (text) => (text.length <= 100 && NUMBER.test(text) ? Number(text) : null),
  boolean: (text) => booleans.get(text.toLowerCase()) ?? null,
  date: (text) => (isDay(text.slice(0, 10)) && /^(T|$)/.test(text.slice(10)) ? text.slice(0, 10) : null),
  time: (text) => {
    if (/^\d{9,14}$/.test(text)) return Number(text);
    const clock = TIME.exec(text.slice(10));
    if (clock === null || !isDay(text.slice(0, 10))) return null;
    return Date.parse(clock[3] === undefined ? `${text}Z` : text);
  },
};

function isDay(text: string): boolean {
  if (!/^[1-9]\d{3}-\d\d-\d\d$/.test(text)) return false;
  const ms = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text);
}
