import { readFileSync } from "node:fs";
import { ConfigError } from "@deskmirror/model";
import * as z from "zod";

/** One environment variable as data; documentation is checked against it. */
export interface Variable<T = unknown> {
  readonly meaning: string;
  /** Turns the trimmed text into its value; its error messages say what the value must be. */
  readonly schema: z.ZodType<T, string>;
  /** What is wrong with a text in sight of other variables (`must …`); null when nothing is. */
  readonly check?: (text: string, textOf: TextOf) => string | null;
  /** Text used when it is unset, `$NAME` in it being another variable's; without it the variable is required, unless optional. */
  readonly default?: string;
  /** Unset gives null. */
  readonly optional?: true;
  /** Its value is never shown. */
  readonly secret?: true;
}

/** The variables a service reads, by name. */
export type Variables = Readonly<Record<string, Variable>>;

/** The values of a table of variables. */
export type Env<V extends Variables> = {
  readonly [N in keyof V]: z.output<V[N]["schema"]> | (V[N] extends { readonly optional: true } ? null : never);
};

/** The text of a variable of the same table, its default when it is unset. */
export type TextOf = (name: string) => string;

type Texts = Readonly<Record<string, string | undefined>>;

/**
 * Reads every variable, from `NAME` or from the file that `NAME_FILE` names, trimmed; empty is unset.
 * Throws one ConfigError that names every problem and its mend.
 */
export function parseEnv<V extends Variables>(variables: V, env: Texts): Env<V> {
  const problems = new Set<string>();
  const textOf = (name: string): string | undefined =>
    readText(name, env) ?? variables[name]?.default?.replace(/\$(\w+)/g, (_, other: string) => textOf(other) ?? "");
  const values = Object.entries(variables).map(([name, variable]) => {
    try {
      return [name, parseVariable(name, variable, textOf)];
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.add(error.message);
      return [name, null];
    }
  });
  if (problems.size > 0) throw new ConfigError(`The environment needs a mend:\n  ${[...problems].join("\n  ")}`);
  return Object.fromEntries(values) as Env<V>;
}

function parseVariable(name: string, variable: Variable, textOf: (name: string) => string | undefined): unknown {
  const text = textOf(name);
  if (text === undefined) {
    if (variable.optional) return null;
    throw new ConfigError(`${name} is not set; set it (or ${name}_FILE): ${variable.meaning}`);
  }
  const result = variable.schema.safeParse(text);
  const problem = result.success ? variable.check?.(text, (other) => textOf(other) ?? "") : null;
  if (result.success && !problem) return result.data;
  const must = problem ?? result.error?.issues.map((issue) => issue.message).join(", ");
  throw new ConfigError(variable.secret ? `${name} ${must}` : `${name} ${must}; it is ${JSON.stringify(text)}`);
}

function readText(name: string, env: Texts): string | undefined {
  const text = env[name]?.trim() || undefined;
  const path = env[`${name}_FILE`]?.trim() || undefined;
  if (path === undefined) return text;
  if (text !== undefined) throw new ConfigError(`${name} and ${name}_FILE are both set; unset one of them`);
  try {
    return readFileSync(path, "utf8").trim() || undefined;
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : cause;
    throw new ConfigError(`${name}_FILE names a file that cannot be read (${String(code)}): ${path}`, { cause });
  }
}
