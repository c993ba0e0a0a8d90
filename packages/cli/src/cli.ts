import { Command } from "commander";
import type { Api } from "./api/api.ts";
import type { Terminal } from "./output/terminal.ts";

/** 0 done, 1 failed or not equal, 2 wrong usage (contract section 5). */
export type ExitCode = 0 | 1 | 2;

/** What every command works with. */
export interface Cli {
  /** The admin API; ConfigError when the settings for it are missing or wrong. */
  readonly api: () => Api;
  readonly url: () => string;
  readonly terminal: Terminal;
  /** A variable of the environment, for secrets; null when it is not set. */
  readonly variable: (name: string) => string | null;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** Takes the exit code of the command that ran. */
  readonly end: (code: ExitCode) => void;
}

/** What every command may be told. */
export interface JsonOption {
  readonly json?: true;
}

/** A command: what it is given on the command line, and what it does. */
export interface CommandSpec<Args extends readonly (string | undefined)[], Options = object> {
  /** `copy <source> <name>`, as `--help` shows it. */
  readonly usage: string;
  readonly description: string;
  readonly options?: (command: Command) => Command;
  /** Gives the exit code, 0 when it gives none. */
  readonly run: (args: Args, options: Options & JsonOption) => Promise<ExitCode | void>;
}

/** Adds a command to a group. */
export function addCommand(group: Command, cli: Cli, spec: CommandSpec<never, never>): void {
  const { usage, description, options = (same) => same, run } = spec;
  options(group.command(usage).description(description))
    .option("--json", "print the API's own JSON and nothing else on stdout")
    // commander gives the arguments, then the options, then the command.
    .action(async (...given: readonly unknown[]) => {
      const code = await run(given.slice(0, -2) as never, given.at(-2) as never);
      cli.end(code ?? 0);
    });
}
