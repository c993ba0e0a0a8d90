import type { Command } from "commander";
import * as answers from "../api/answers.ts";
import { sourcePath } from "../api/paths.ts";
import { finishRun, startRun } from "../api/run.ts";
import { addCommand } from "../cli.ts";
import type { Cli, CommandSpec } from "../cli.ts";
import { given } from "../input/source-options.ts";
import { toNames, toNumber } from "../input/values.ts";
import { formatChecks, formatPlan, formatReadTables, formatVerdict } from "../output/work.ts";
import { show } from "../output/show.ts";

interface TablesOption {
  readonly tables?: readonly string[];
}

/** `test`, `plan`, `pull`, `reconcile` and `verify`. */
export function addWorkCommands(program: Command, cli: Cli): void {
  addCommand(program, cli, {
    usage: "test <source>",
    description: "test the connection: token, organization, scopes, sink, service URL, subscription",
    async run([source], options) {
      const { run, result } = await finishRun(cli, { source, kind: "test" }, answers.checks);
      show(cli, options, run, () => formatChecks(result.checks, cli.terminal));
      return result.checks.some(({ state }) => state === "fail") ? 1 : 0;
    },
  } satisfies CommandSpec<[string]>);

  addCommand(program, cli, {
    usage: "plan <source>",
    description: "tell what a full pull costs, before anything is spent",
    async run([source], options) {
      const answer = await cli.api().call({ method: "GET", path: sourcePath(source, "plan") }, answers.plan);
      show(cli, options, answer, formatPlan);
    },
  } satisfies CommandSpec<[string]>);

  addCommand(program, cli, {
    usage: "pull <source>",
    description: "start or resume a full pull",
    options: (command) =>
      withTables(command)
        .option("--restart", "read everything again; rows and tombstones stay")
        .option("--wait", "wait for its end; 1 when a table is not complete"),
    async run([source], options) {
      const { tables, restart, wait } = options;
      const work = { source, kind: "pull", body: given({ tables, restart }) } as const;
      if (wait === undefined) {
        const told = `The pull has begun. Look at it with: npx deskmirror status ${source}`;
        show(cli, options, await startRun(cli, work), () => told);
        return 0;
      }
      const { run, result } = await finishRun(cli, work, answers.readTables);
      show(cli, options, run, () => formatReadTables(result.tables, cli.terminal));
      cli.terminal.say(`Lists are read; details of their records follow: npx deskmirror status ${source}`);
      return isComplete(result.tables);
    },
  } satisfies CommandSpec<[string], TablesOption & { readonly restart?: true; readonly wait?: true }>);

  addCommand(program, cli, {
    usage: "reconcile <source>",
    description: "read now what was modified, and wait for its end",
    options: withTables,
    async run([source], options) {
      const work = { source, kind: "reconcile", body: given({ tables: options.tables }) } as const;
      const { run, result } = await finishRun(cli, work, answers.readTables);
      show(cli, options, run, () => formatReadTables(result.tables, cli.terminal));
      return isComplete(result.tables);
    },
  } satisfies CommandSpec<[string], TablesOption>);

  addCommand(program, cli, {
    usage: "verify <source>",
    description: "compare Desk and the sink; 1 when they are not equal",
    options: (command) =>
      withTables(command).option("--sample <rows>", "rows of each table whose content is compared (200)", toNumber),
    async run([source], options) {
      const { tables, sample } = options;
      const work = { source, kind: "verify", body: given({ tables, sample }) } as const;
      const { run, result } = await finishRun(cli, work, answers.verdict);
      show(cli, options, run, () => formatVerdict(result, cli.terminal));
      return result.equal ? 0 : 1;
    },
  } satisfies CommandSpec<[string], TablesOption & { readonly sample?: number }>);
}

function withTables(command: Command): Command {
  return command.option("--tables <names>", "tables separated by commas (all)", toNames);
}

function isComplete(tables: readonly { readonly state: string }[]): 0 | 1 {
  return tables.some(({ state }) => state === "incomplete" || state === "error") ? 1 : 0;
}
