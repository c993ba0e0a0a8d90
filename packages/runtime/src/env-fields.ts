import * as z from "zod";

/** Any text that is not empty. */
export const text = z.string();

/** `true` or `false`. */
export const flag = z
  .string()
  .refine((value) => value === "true" || value === "false", "must be true or false")
  .transform((value) => value === "true");

/** A whole number within bounds, written in digits. */
export function integer(bounds: { readonly min: number; readonly max?: number }): z.ZodType<number, string> {
  const { min, max = Number.MAX_SAFE_INTEGER } = bounds;
  const must =
    bounds.max === undefined ? `must be a whole number from ${min}` : `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .refine((value) => /^\d+$/.test(value) && Number(value) >= min && Number(value) <= max, must)
    .transform(Number);
}

/** A TCP port; 0 takes any free one. */
export const port = integer({ min: 0, max: 65_535 });

/** An absolute URL with one of the given protocols (`redis:`). Gives its text. */
export function url(protocols: readonly string[]): z.ZodType<string, string> {
  const must = `must be a URL that starts with ${protocols.join(" or ")}`;
  return z.string().refine((value) => protocols.includes(URL.parse(value)?.protocol ?? ""), must);
}

/** One of the given words. */
export function choice<const T extends string>(words: readonly [T, ...T[]]): z.ZodType<T, string> {
  return z.string().pipe(z.enum(words, { error: `must be one of ${words.join(", ")}` }));
}
