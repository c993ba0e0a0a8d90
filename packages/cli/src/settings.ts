import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseEnv } from "node:util";
import { ConfigError } from "@deskmirror/model";
import * as z from "zod";

/** Where the admin API is, and what opens it. */
export interface Settings {
  /** Without a slash at the end. */
  readonly url: string;
  readonly token: string;
}

type Texts = Readonly<Record<string, string | undefined>>;

const url = z
  .url({ protocol: /^https?$/, error: "must be an http or https URL, like http://127.0.0.1:8081" })
  .refine((text) => !/[?#@]/.test(text), "must have no user, query or fragment")
  .transform((text) => text.replace(/\/+$/, ""));

const token = z.string().regex(/^[\u0021-\u007e]+$/, "must be letters, digits and signs without spaces");

/** Reads `DESKMIRROR_URL` (contract section 5). ConfigError when it is no URL. */
export function readUrl(texts: readonly Texts[], folder: string): string {
  return parse("DESKMIRROR_URL", url, readText("DESKMIRROR_URL", texts, folder) ?? "http://127.0.0.1:8081");
}

/** Reads `ADMIN_TOKEN`. ConfigError that says where to find it when it is nowhere. */
export function readToken(texts: readonly Texts[], folder: string): string {
  const text = readText("ADMIN_TOKEN", texts, folder);
  if (text !== null) return parse("ADMIN_TOKEN", token, text);
  throw new ConfigError(
    "ADMIN_TOKEN is not set. `npm start` writes it into .env; run this in the folder of that file, or set ADMIN_TOKEN or ADMIN_TOKEN_FILE to the one that sync was started with.",
  );
}

/** What names the settings: the environment, then `.env` of the folder. */
export function textsOf(env: Texts, folder: string): readonly Texts[] {
  const file = readFile(join(folder, ".env"));
  return file === null ? [env] : [env, parseEnv(file)];
}

/** A variable or what is in the file that `NAME_FILE` names, trimmed; the first of the texts that has it. Null when none does. */
export function readText(name: string, texts: readonly Texts[], folder: string): string | null {
  for (const names of texts) {
    const text = names[name]?.trim() || null;
    const path = names[`${name}_FILE`]?.trim() || null;
    if (text !== null && path !== null)
      throw new ConfigError(`${name} and ${name}_FILE are both set; unset one of them`);
    if (path === null && text === null) continue;
    const found = path === null ? text : readFile(resolve(folder, path))?.trim();
    if (found) return found;
    throw new ConfigError(`${name}_FILE names a file that is not there or empty: ${path}`);
  }
  return null;
}

function parse<T>(name: string, schema: z.ZodType<T>, text: string): T {
  const result = schema.safeParse(text);
  if (result.success) return result.data;
  throw new ConfigError(`${name} ${result.error.issues.map(({ message }) => message).join(", ")}`);
}

function readFile(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw new ConfigError(`${path} cannot be read: ${String(error)}`, { cause: error });
  }
}
