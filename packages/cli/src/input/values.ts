import { InvalidArgumentError } from "commander";

/** Parses `tickets,contacts`; `default` is null, which stands for the default. */
export function toNames(text: string): readonly string[] | null {
  if (text === "default") return null;
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

/** Parses a number that is not negative; `default` is null, which stands for the default. */
export function toNumberOrDefault(text: string): number | null {
  return text === "default" ? null : toNumber(text);
}

/** Parses a text; `default` is null, which stands for the default. */
export function toTextOrDefault(text: string): string | null {
  return text === "default" ? null : text;
}
