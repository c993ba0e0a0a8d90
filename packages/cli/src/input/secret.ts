import { readFileSync } from "node:fs";
import type { Cli } from "../cli.ts";
import { UsageError } from "../errors.ts";

/** A secret that a command takes, and the ways it may come: arguments can be seen by everybody on the machine, so there are others. */
export interface Secret {
  /** `--client-secret`; with `-file` behind it the option that names a file. */
  readonly option: string;
  /** For people: `the client secret`. */
  readonly what: string;
  /** The variable of the environment. */
  readonly variable: string;
}

/** What was given on the command line: a text, `-` for stdin, true for the option alone, and the path of a file. */
export interface GivenSecret {
  readonly given?: string | true;
  readonly file?: string;
}

/** Reads a secret: from the option, its file, the environment, or by asking without echo. UsageError that names the ways when there is none. */
export async function readSecret(cli: Cli, secret: Secret, { given, file }: GivenSecret): Promise<string> {
  const { option, what, variable } = secret;
  if (given !== undefined && file !== undefined) {
    throw new UsageError(`${option} and ${option}-file are both given; leave one out`);
  }
  // A URL without a password is no secret.
  if (typeof given === "string" && given !== "-" && URL.parse(given)?.password !== "") {
    cli.terminal.say(
      `Everybody on this machine can see ${what} in the list of processes; ${option} alone asks for it.`,
    );
  }
  const text =
    typeof given === "string" && given !== "-"
      ? given
      : given === "-"
        ? await cli.terminal.readInput()
        : file !== undefined
          ? readSecretFile(file, option)
          : (cli.variable(variable) ?? (cli.terminal.canAsk ? await askFor(cli, what) : ""));
  if (text.trim() !== "") return text.trim();
  throw new UsageError(
    `${what} is missing; give it with ${option} - (on stdin), ${option}-file, ${variable} in the environment, or in a terminal, where it is asked for`,
  );
}

function readSecretFile(path: string, option: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new UsageError(`${option}-file names a file that cannot be read: ${path}`, { cause });
  }
}

function askFor({ terminal }: Cli, what: string): Promise<string> {
  return terminal.ask(`${what[0]?.toUpperCase()}${what.slice(1)}:`, { isSecret: true });
}
