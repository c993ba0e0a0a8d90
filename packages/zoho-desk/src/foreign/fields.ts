import { isJsonObject, parseJson } from "@deskmirror/model";
import type { JsonValue } from "@deskmirror/model";
import { toText } from "../values.ts";
import { toName } from "./modules.ts";

/** What a body says, whatever its form. */
export interface Fields {
  /** The first value of each key, outer ones before inner ones; keys as `toName` writes them. */
  readonly get: (name: string) => string | null;
  /** Its keys, in the order they are met. */
  readonly names: readonly string[];
  /** Everything in it that a person could read. */
  readonly text: string;
}

/** Words of a body are looked at up to this many characters. */
export const TEXT_LENGTH = 65_536;

/** `a=1&b=two`: the whole body, without spaces, the keys plain words. */
const form = /^[\w.%+[\]-]+=[^\s]*$/;

/** Reads a body as JSON, else as a form, else as text. */
export function toFields(body: string): Fields {
  const pairs = pairsOf(body.trim());
  const first = new Map<string, string>();
  for (const [name, value] of pairs) if (!first.has(name)) first.set(name, value);
  const text = pairs.map(([, value]) => value).join("\n");
  return { get: (name) => first.get(name) ?? null, names: [...first.keys()], text: text.slice(0, TEXT_LENGTH) };
}

type Pair = readonly [name: string, value: string];

function pairsOf(body: string): readonly Pair[] {
  const json = tryJson(body);
  if (json !== undefined) return scalarsOf(json);
  if (form.test(body)) return [...new URLSearchParams(body)].map(([name, value]) => [toName(name), value.trim()]);
  return [["", body]];
}

function tryJson(body: string): JsonValue | undefined {
  try {
    return parseJson(body);
  } catch {
    return undefined;
  }
}

/** All scalars of a JSON value with the key each stands under, level by level. */
function scalarsOf(json: JsonValue): readonly Pair[] {
  const pairs: Pair[] = [];
  let level: (readonly [string, JsonValue])[] = [["", json]];
  while (level.length > 0) {
    const next: (readonly [string, JsonValue])[] = [];
    for (const [name, value] of level) {
      const text = toText(value);
      if (text !== null) pairs.push([name, text.trim()]);
      if (Array.isArray(value)) for (const one of value as readonly JsonValue[]) next.push([name, one]);
      if (isJsonObject(value)) for (const [key, one] of Object.entries(value)) next.push([toName(key), one]);
    }
    level = next;
  }
  return pairs;
}
