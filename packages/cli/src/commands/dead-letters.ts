import type { Command } from "commander";
import * as answers from "../api/answers.ts";
import { toQuery } from "../api/paths.ts";
import { addCommand } from "../cli.ts";
import type { Cli, CommandSpec, ExitCode, JsonOption } from "../cli.ts";
import { UsageError } from "../errors.ts";
import { given } from "../input/source-options.ts";
import { toNumber } from "../input/values.ts";
import { formatLetter, formatLetters, formatReplayed } from "../output/dead-letters.ts";
import { show } from "../output/show.ts";

const path = "/api/dead-letters";

interface Filter {
  readonly source?: string;
  readonly table?: string;
  readonly reason?: string;
}

/** `dead-letters list|show|replay|discard`. */
export function addDeadLetterCommands(program: Command, cli: Cli): void {
  const group = program.command("dead-letters").description("events that wait for a person");

  addCommand(group, cli, {
    usage: "list",
    description: "list them, newest first",
    options: (command) =>
      withFilter(command)
        .option("--limit <letters>", "how many (100)", toNumber)
        .option("--cursor <cursor>", "where the page before ended"),
    async run(_args, options) {
      const { source, table, reason, limit, cursor } = options;
      const query = toQuery({ source, table, reason, limit, cursor });
      const answer = await cli.api().call({ method: "GET", path: `${path}${query}` }, answers.deadLetters);
      show(cli, options, answer, formatLetters);
    },
  } satisfies CommandSpec<[], Filter & { readonly limit?: number; readonly cursor?: string }>);

  addCommand(group, cli, {
    usage: "show <id>",
    description: "show one, with its body",
    async run([id], options) {
      const answer = await cli.api().call({ method: "GET", path: letterPath(id) }, answers.deadLetter);
      show(cli, options, answer, formatLetter);
    },
  } satisfies CommandSpec<[string]>);

  addCommand(group, cli, {
    usage: "replay [id]",
    description: "apply one again, or all that the options select",
    options: (command) =>
      withFilter(command)
        .option("--all", "every one there is")
        .option("--dry-run", "tell which they are and do nothing"),
    async run([id], options) {
      const { source, table, reason, all, dryRun = false } = options;
      const filter = given({ source, table, reason });
      const ways = [id !== undefined, Object.keys(filter).length > 0, all === true].filter(Boolean).length;
      if (ways !== 1) throw new UsageError("name one id, or select with --source, --table and --reason, or say --all");
      if (id !== undefined && dryRun) throw new UsageError("--dry-run goes with a selection; look at one with show");
      return id === undefined ? replayMany(cli, options, { filter, dryRun }) : replayOne(cli, options, id);
    },
  } satisfies CommandSpec<[string | undefined], Filter & { readonly all?: true; readonly dryRun?: true }>);

  addCommand(group, cli, {
    usage: "discard <id>",
    description: "give one up for good",
    async run([id], options) {
      const answer = await cli.api().call({ method: "DELETE", path: letterPath(id) }, answers.anything);
      show(cli, options, answer, () => `${id} is discarded.`);
    },
  } satisfies CommandSpec<[string]>);
}

async function replayOne(cli: Cli, options: JsonOption, id: string): Promise<ExitCode> {
  const call = { method: "POST", path: `${letterPath(id)}/replay` } as const;
  show(cli, options, await cli.api().call(call, answers.anything), () => `${id} is replayed.`);
  return 0;
}

async function replayMany(cli: Cli, options: JsonOption, body: object): Promise<ExitCode> {
  const answer = await cli.api().call({ method: "POST", path: `${path}/replay`, body }, answers.replayed);
  show(cli, options, answer, formatReplayed);
  return answer.value.failed.length === 0 ? 0 : 1;
}

function letterPath(id: string): string {
  return `${path}/${encodeURIComponent(id)}`;
}

function withFilter(command: Command): Command {
  return command
    .option("--source <source>", "those of a source")
    .option("--table <table>", "those of a table")
    .option("--reason <reason>", "those of a reason");
}
