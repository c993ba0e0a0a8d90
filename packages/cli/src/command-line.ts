import { Command } from "commander";
import manifest from "../package.json" with { type: "json" };
import { ApiError } from "./api/api-error.ts";
import { createApi } from "./api/api.ts";
import type { Api } from "./api/api.ts";
import type { Cli, ExitCode } from "./cli.ts";
import { addDeadLetterCommands } from "./commands/dead-letters.ts";
import { addDeleteCommands } from "./commands/deletes.ts";
import { addDoctorCommand } from "./commands/doctor.ts";
import { addGrantCommands } from "./commands/grant.ts";
import { addSourceCommands } from "./commands/source.ts";
import { addStatusCommand } from "./commands/status.ts";
import { addWorkCommands } from "./commands/work.ts";
import { UsageError, describeError, toExitCode } from "./errors.ts";
import type { Terminal } from "./output/terminal.ts";
import { readText, readToken, readUrl, textsOf } from "./settings.ts";

/** What the command line is given by its process. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The working directory, whose `.env` is read. */
  readonly folder: string;
  readonly terminal: Terminal;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/** Runs one command; gives its exit code. */
export async function runCommandLine(argv: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  const { env, folder, terminal, signal } = surroundings;
  let exitCode: ExitCode = 0;
  let api: Api | null = null;
  const url = (): string => readUrl(textsOf(env, folder), folder);
  const cli: Cli = {
    terminal,
    signal,
    url,
    api: () => (api ??= createApi({ url: url(), token: readToken(textsOf(env, folder), folder) }, signal)),
    variable: (name) => readText(name, [env], folder),
    end: (code) => (exitCode = code),
  };
  try {
    await createProgram(cli).parseAsync(argv, { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof ApiError && argv.includes("--json")) terminal.print(error.text);
    const told = describeError(error);
    if (told !== null) terminal.say(told);
    if (error instanceof UsageError) terminal.say("See npx deskmirror <command> --help.");
    return toExitCode(error);
  }
}

/** All commands (contract section 5). */
export function createProgram(cli: Cli): Command {
  const program = new Command("deskmirror")
    .description("Talks to sync, which mirrors Zoho Desk organizations into your database.")
    .version(manifest.version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => cli.terminal.print(text.trimEnd()),
      writeErr: (text) => cli.terminal.say(text.trimEnd()),
    })
    .showHelpAfterError("See --help.")
    .addHelpText("after", settingsHelp);
  addSourceCommands(program, cli);
  addGrantCommands(program, cli);
  addWorkCommands(program, cli);
  addStatusCommand(program, cli);
  addDeadLetterCommands(program, cli);
  addDeleteCommands(program, cli);
  addDoctorCommand(program, cli);
  return program;
}

const settingsHelp = `
Settings, from the environment or .env in this folder; each also as NAME_FILE:
  DESKMIRROR_URL  the private port of sync (http://127.0.0.1:8081)
  ADMIN_TOKEN     the token that sync was started with

Exit codes: 0 done, 1 failed or not equal, 2 wrong usage.`;
