import type { Answer } from "../api/api.ts";
import type { Cli, JsonOption } from "../cli.ts";

/** Prints an answer: the API's own JSON, or what `toText` makes of it. */
export function show<T>(
  { terminal }: Pick<Cli, "terminal">,
  { json }: JsonOption,
  { value, text }: Answer<T>,
  toText: (value: T) => string,
): void {
  terminal.print(json ? text : toText(value));
}
