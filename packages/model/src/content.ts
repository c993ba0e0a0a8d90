/** What a body is: nothing, a JSON array of so many elements, or anything else. */
export type Content =
  | { readonly kind: "empty" }
  | { readonly kind: "events"; readonly events: number }
  | { readonly kind: "foreign"; readonly events: 1 };

/** Looks at a body without interpreting it (design decision 8: capture first). */
export function judgeContent(text: string): Content {
  if (text.trim() === "") return { kind: "empty" };
  try {
    const json: unknown = JSON.parse(text);
    if (Array.isArray(json)) return json.length === 0 ? { kind: "empty" } : { kind: "events", events: json.length };
  } catch {
    // No JSON: a text message of a workflow rule, kept as it is.
  }
  return { kind: "foreign", events: 1 };
}
