import { setTimeout as sleep } from "node:timers/promises";
import type { Command } from "commander";
import * as answers from "../api/answers.ts";
import { sourcePath } from "../api/paths.ts";
import type { Answer } from "../api/api.ts";
import { addCommand } from "../cli.ts";
import type { Cli, CommandSpec, ExitCode, JsonOption } from "../cli.ts";
import { toNumber } from "../input/values.ts";
import { formatStatus } from "../output/status.ts";

interface StatusOptions extends JsonOption {
  readonly watch?: true;
  readonly interval: number;
}

/** `status`. */
export function addStatusCommand(program: Command, cli: Cli): void {
  addCommand(program, cli, {
    usage: "status [source]",
    description: "tell how a source does, or every source",
    options: (command) =>
      command
        .option("--watch", "again and again until Ctrl-C")
        .option("--interval <seconds>", "how often", toNumber, 2),
    async run([name], options) {
      if (options.watch === undefined) print(cli, options, await read(cli, name));
      else return watch(cli, options, name);
      return 0;
    },
  } satisfies CommandSpec<[string | undefined], StatusOptions>);
}

async function watch(cli: Cli, options: StatusOptions, name: string | undefined): Promise<ExitCode> {
  const { terminal, signal } = cli;
  try {
    for (;;) {
      const statuses = await read(cli, name);
      if (options.json === undefined) terminal.clear();
      print(cli, options, statuses);
      await sleep(Math.max(0.2, options.interval) * 1_000, null, { signal });
    }
  } catch (error) {
    if (signal.aborted) return 0;
    throw error;
  }
}

async function read({ api }: Cli, name: string | undefined): Promise<readonly Answer<answers.Status>[]> {
  const names = name === undefined ? await listNames(api) : [name];
  return Promise.all(
    names.map((one) => api().call({ method: "GET", path: sourcePath(one, "status") }, answers.status)),
  );
}

async function listNames(api: Cli["api"]): Promise<readonly string[]> {
  const { value } = await api().call({ method: "GET", path: "/api/sources" }, answers.sources);
  return value.items.map((source) => source.name);
}

function print({ terminal }: Cli, { json }: StatusOptions, statuses: readonly Answer<answers.Status>[]): void {
  if (json === true) for (const { text } of statuses) terminal.print(text);
  else if (statuses.length === 0)
    terminal.print("There are no sources yet. Make one with: npx deskmirror source add --help");
  else terminal.print(statuses.map(({ value }) => formatStatus(value, terminal)).join("\n\n"));
}
