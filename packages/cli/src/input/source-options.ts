import type { Command } from "commander";
import { Option } from "commander";
import type { Cli } from "../cli.ts";
import { UsageError } from "../errors.ts";
import { readSecret } from "./secret.ts";
import type { GivenSecret, Secret } from "./secret.ts";
import { DEFAULT, orDefault, toNames, toNumber } from "./values.ts";
import type { Default } from "./values.ts";

/** What a source may be told when it is made and later. */
export interface SourceOptions {
  readonly tables?: readonly string[] | Default;
  readonly mode?: string;
  readonly signature?: string;
  readonly concurrency?: number | Default;
  readonly reserve?: number;
  readonly dailyCredits?: number | Default;
  readonly reconcileSeconds?: number | Default;
  readonly compareSeconds?: number | Default;
  readonly sweepHours?: number | Default;
  readonly sinkUrl?: string | true;
  readonly sinkUrlFile?: string;
  readonly clientSecret?: string | true;
  readonly clientSecretFile?: string;
}

const clientSecret: Secret = {
  option: "--client-secret",
  what: "the client secret",
  variable: "DESKMIRROR_CLIENT_SECRET",
};
const code: Secret = { option: "--code", what: "the generated code", variable: "DESKMIRROR_CODE" };
const sinkUrl: Secret = { option: "--sink-url", what: "the URL of the sink", variable: "DESKMIRROR_SINK_URL" };

/** Adds the options; `default` gives a setting back to its default. */
export function withSourceOptions(command: Command): Command {
  return withSecretOptions(command, clientSecret)
    .option("--tables <names>", "tables separated by commas, or default", orDefault(toNames))
    .addOption(new Option("--mode <mode>", "what the tables look like").choices(["document", "csv"]))
    .addOption(new Option("--signature <rule>", "what is asked of deliveries").choices(["require", "verify", "off"]))
    .option("--concurrency <calls>", "calls to Zoho at once, or default", orDefault(toNumber))
    .option("--reserve <share>", "part of a day's credits left to others, 0 to 1", toNumber)
    .option("--daily-credits <credits>", "a day's credits, or default", orDefault(toNumber))
    .option("--reconcile-seconds <seconds>", "how often changes are looked for, or default", orDefault(toNumber))
    .option(
      "--compare-seconds <seconds>",
      "how often tables without events are compared, or default",
      orDefault(toNumber),
    )
    .option("--sweep-hours <hours>", "how often every table is read whole, or default", orDefault(toNumber))
    .option("--sink-url [url]", "where the rows go, or default; - reads stdin, alone it asks")
    .option("--sink-url-file <path>", "a file that holds it");
}

/** Adds the options for the generated code. */
export function withCodeOptions(command: Command): Command {
  return withSecretOptions(command, code);
}

function withSecretOptions(command: Command, { option, what, variable }: Secret): Command {
  return command
    .option(`${option} [text]`, `${what}; - reads stdin, alone it is taken from ${variable} or asked for`)
    .option(`${option}-file <path>`, `a file that holds ${what}`);
}

/** The fields of a source's body that the options name, secrets aside; none for what was not given. */
export function toFields(options: SourceOptions): Record<string, unknown> {
  const { tables, mode, signature, concurrency, reserve, dailyCredits } = options;
  const { reconcileSeconds, compareSeconds, sweepHours } = options;
  const throttle = given({ concurrency, reserve, dailyCredits });
  const fields = given({ tables, mode, signature, reconcileSeconds, compareSeconds, sweepHours });
  return { ...fields, ...(Object.keys(throttle).length > 0 && { throttle }) };
}

/** The fields whose value is given; null stands for a default. */
export function given(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const named = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(named.map(([name, value]) => [name, value === DEFAULT ? null : value]));
}

/** The client secret, wherever it comes from. */
export function readClientSecret(cli: Cli, options: SourceOptions): Promise<string> {
  return readSecret(cli, clientSecret, toGiven(options.clientSecret, options.clientSecretFile));
}

/** The client secret when an option names it; undefined when none does. */
export async function readNewClientSecret(cli: Cli, options: SourceOptions): Promise<string | undefined> {
  const isGiven = options.clientSecret !== undefined || options.clientSecretFile !== undefined;
  return isGiven ? readClientSecret(cli, options) : undefined;
}

/** The sink's URL when an option or the environment names it: it may hold a password. Null is the default, undefined none. */
export async function readSinkUrl(
  cli: Cli,
  { sinkUrl: text, sinkUrlFile: file }: SourceOptions,
  hasVariable: boolean,
): Promise<string | null | undefined> {
  if (text === DEFAULT) return null;
  const isGiven = text !== undefined || file !== undefined || (hasVariable && cli.variable(sinkUrl.variable) !== null);
  return isGiven ? readSecret(cli, sinkUrl, toGiven(text, file)) : undefined;
}

/** The generated code. */
export interface CodeOptions {
  readonly code?: string | true;
  readonly codeFile?: string;
}

/** The code, wherever it comes from. */
export function readCode(cli: Cli, options: CodeOptions): Promise<string> {
  return readSecret(cli, code, toGiven(options.code, options.codeFile));
}

/** The code when an option or the environment names it; undefined when none does: a source may be authorized later. */
export async function readGivenCode(cli: Cli, options: CodeOptions): Promise<string | undefined> {
  const isGiven = options.code !== undefined || options.codeFile !== undefined || cli.variable(code.variable) !== null;
  return isGiven ? readCode(cli, options) : undefined;
}

/** stdin can be read once. */
export function assertOneFromInput(options: SourceOptions & CodeOptions): void {
  const { clientSecret: secret, code: text, sinkUrl: url } = options;
  if ([secret, text, url].filter((value) => value === "-").length < 2) return;
  throw new UsageError("only one of --client-secret, --code and --sink-url can be read from stdin");
}

function toGiven(text: string | true | undefined, file: string | undefined): GivenSecret {
  return { ...(text !== undefined && { given: text }), ...(file !== undefined && { file }) };
}
