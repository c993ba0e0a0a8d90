import { InvalidArgumentError } from "commander";

/** Written for a setting, it gives it back to its default; the API calls that null. commander knows no null, so it stays a word until then. */
export const DEFAULT = "default";
export type Default = typeof DEFAULT;

/** Parses `tickets,contacts`. */
export function toNames(text: string): readonly string[] {
  const names = text.split(",").map((name) => name.trim());
  if (names.some((name) => name === "")) throw new InvalidArgumentError("Names are separated by one comma each.");
  return names;
}

/** Parses a number that is not negative. */
export function toNumber(text: string): number {
  const number = Number(text);
  if (text.trim() !== "" && Number.isFinite(number) && number >= 0) return number;
  throw new InvalidArgumentError("It must be a number from 0.");
}

/** Lets a parser know the default. */
export function orDefault<T>(parse: (text: string) => T): (text: string) => T | Default {
  return (text) => (text === DEFAULT ? DEFAULT : parse(text));
}
