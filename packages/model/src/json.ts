/** A JSON value as Zoho sends it. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;

/** A JSON object; key order carries no meaning. */
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** An integer of 16 or more digits outside a string: the only numbers JSON.parse may round. */
const longInteger = /[[:,\s]-?\d{16,}(?![\d.eE])/;

/**
 * Parses JSON text; integers beyond 2^53 stay text with their exact digits.
 * Throws SyntaxError when the text is not JSON.
 */
export function parseJson(text: string): JsonValue {
  return longInteger.test(text)
    ? JSON.parse(text, (_key, value: JsonValue, context?: { source?: string }) =>
        typeof value === "number" && !Number.isSafeInteger(value) && Number.isInteger(value)
          ? (context?.source ?? String(value))
          : value,
      )
    : JSON.parse(text);
}

/** Tells an object from arrays, null and scalars. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** How JSON.stringify writes what no database stores: NUL and lone surrogates, as escapes that are no escaped backslash. */
const unstorable = /(?<!\\)((?:\\\\)*)\\u(?:0000|d[89a-f][0-9a-f]{2})/gi;

/** Serializes a record for a sink: NUL and lone surrogates, in values and keys, become U+FFFD. */
export function toStorableJson(data: JsonObject): string {
  return JSON.stringify(data).replace(unstorable, "$1\uFFFD");
}

/** Replaces NUL and lone surrogates of a text with U+FFFD. */
export function toStorableText(text: string): string {
  return text.toWellFormed().replaceAll("\0", "\uFFFD");
}
