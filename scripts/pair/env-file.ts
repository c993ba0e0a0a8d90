import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";

/** The secrets that sync cannot start without, and how each is made. */
const secrets: Readonly<Record<string, () => string>> = {
  SECRET_KEY: () => randomBytes(32).toString("base64"),
  ADMIN_TOKEN: () => randomBytes(24).toString("hex"),
};

type Texts = Readonly<Record<string, string | undefined>>;

/**
 * Makes the secrets that `env` lacks (as `NAME` and as `NAME_FILE`), and adds them to the file, which only its owner may read from
 * then on. Gives what was made, by name.
 */
export function addMissingSecrets(path: string, env: Texts): Readonly<Record<string, string>> {
  const isSet = (name: string): boolean => Boolean(env[name]?.trim() || env[`${name}_FILE`]?.trim());
  const missing = Object.entries(secrets).filter(([name]) => !isSet(name));
  if (missing.length === 0) return {};
  const made = Object.fromEntries(missing.map(([name, make]) => [name, make()]));
  const before = existsSync(path) ? readFileSync(path, "utf8") : "";
  if (before !== "") chmodSync(path, 0o600);
  writeFileSync(path, addVariables(before, made), { mode: 0o600 });
  return made;
}

/** The text of a `.env` file with further variables; those it names already, empty ones, give way. */
export function addVariables(text: string, variables: Readonly<Record<string, string>>): string {
  const kept = text.split("\n").filter((line) => !namesOneOf(line, Object.keys(variables)));
  const before = kept.join("\n").trimEnd();
  const added = Object.entries(variables).map(([name, value]) => `${name}=${value}\n`);
  return `${before}${before === "" ? "" : "\n"}${added.join("")}`;
}

function namesOneOf(line: string, names: readonly string[]): boolean {
  return names.some((name) => new RegExp(`^\\s*(export\\s+)?${name}\\s*=`).test(line));
}
