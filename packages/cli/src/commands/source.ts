import type { Command } from "commander";
import { Option } from "commander";
import * as answers from "../api/answers.ts";
import { sourcePath } from "../api/paths.ts";
import { addCommand } from "../cli.ts";
import type { Cli, CommandSpec } from "../cli.ts";
import { UsageError } from "../errors.ts";
import * as input from "../input/source-options.ts";
import type { CodeOptions, SourceOptions } from "../input/source-options.ts";
import { toNumber } from "../input/values.ts";
import { show } from "../output/show.ts";
import { formatNextSteps, formatSource, formatSources } from "../output/source.ts";

const dataCenters = ["com", "eu", "in", "com.au", "jp", "com.cn", "ca", "sa", "sg", "ae", "uk"];

interface AddOptions extends SourceOptions, CodeOptions {
  readonly orgId: string;
  readonly clientId: string;
  readonly dataCenter?: string;
  readonly accountsUrl?: string;
  readonly deskUrl?: string;
}

/** `source add|list|show|set|copy|rotate-url|remove`. */
export function addSourceCommands(program: Command, cli: Cli): void {
  const group = program.command("source").description("the Desk organizations that are mirrored");

  addCommand(group, cli, {
    usage: "add <source>",
    description:
      "create a source of a name you choose (small letters, digits, _); without a code it waits for authorize",
    options: (command) =>
      input
        .withCodeOptions(input.withSourceOptions(command))
        .requiredOption("--org-id <digits>", "the organization's id (Desk: Setup, Developer Space, API)")
        .requiredOption("--client-id <id>", "the client's id (Zoho's API console, Self Client)")
        .addOption(
          new Option("--data-center <domain>", "where the organization lives, com unless named").choices(dataCenters),
        )
        .option("--accounts-url <url>", "another accounts server, for a sync with ALLOW_CUSTOM_ENDPOINTS=true")
        .option("--desk-url <url>", "another Desk, for a sync with ALLOW_CUSTOM_ENDPOINTS=true"),
    async run([name], options) {
      input.assertOneFromInput(options);
      const { orgId, clientId, dataCenter, accountsUrl, deskUrl } = options;
      const clientSecret = await input.readClientSecret(cli, options);
      const secrets = {
        clientSecret,
        code: await input.readGivenCode(cli, options),
        sinkUrl: await input.readSinkUrl(cli, options, true),
      };
      const named = { name, orgId, clientId, dataCenter, accountsUrl, deskUrl, ...secrets };
      const body = { ...input.toFields(options), ...input.given(named) };
      const answer = await cli.api().call({ method: "POST", path: "/api/sources", body }, answers.source);
      show(cli, options, answer, formatSource);
      warn(cli, answer.value);
      for (const line of formatNextSteps(answer.value)) cli.terminal.say(line);
    },
  } satisfies CommandSpec<[string], AddOptions>);

  addCommand(group, cli, {
    usage: "list",
    description: "list the sources",
    async run(_args, options) {
      show(cli, options, await cli.api().call({ method: "GET", path: "/api/sources" }, answers.sources), formatSources);
    },
  } satisfies CommandSpec<[]>);

  addCommand(group, cli, {
    usage: "show <source>",
    description: "show a source, with its service URL",
    async run([name], options) {
      const answer = await cli.api().call({ method: "GET", path: sourcePath(name) }, answers.source);
      show(cli, options, answer, formatSource);
    },
  } satisfies CommandSpec<[string]>);

  addCommand(group, cli, {
    usage: "set <source>",
    description: "change a source; what is not named stays as it is",
    options: input.withSourceOptions,
    async run([name], options) {
      input.assertOneFromInput(options);
      const secrets = {
        clientSecret: await input.readNewClientSecret(cli, options),
        sinkUrl: await input.readSinkUrl(cli, options, false),
      };
      const body = { ...input.toFields(options), ...input.given(secrets) };
      if (Object.keys(body).length === 0) throw new UsageError("nothing to set; see npx deskmirror source set --help");
      const answer = await cli.api().call({ method: "PATCH", path: sourcePath(name), body }, answers.source);
      show(cli, options, answer, formatSource);
    },
  } satisfies CommandSpec<[string], SourceOptions>);

  addCommand(group, cli, {
    usage: "copy <source> <name>",
    description: "make a second source of the same grant and tables, with a service URL of its own",
    async run([source, name], options) {
      const path = sourcePath(source, "copy");
      const answer = await cli.api().call({ method: "POST", path, body: { name } }, answers.source);
      show(cli, options, answer, formatSource);
      warn(cli, answer.value);
    },
  } satisfies CommandSpec<[string, string]>);

  addCommand(group, cli, {
    usage: "rotate-url <source>",
    description: "give a source a new service URL",
    options: (command) =>
      command.option("--grace-seconds <seconds>", "how long the old one still works (86400)", toNumber),
    async run([name], options) {
      const { graceSeconds } = options;
      const call = {
        method: "POST",
        path: sourcePath(name, "rotate-url"),
        body: input.given({ graceSeconds }),
      } as const;
      show(cli, options, await cli.api().call(call, answers.source), ({ serviceUrl = "–" }) => serviceUrl);
    },
  } satisfies CommandSpec<[string], { readonly graceSeconds?: number }>);

  addCommand(group, cli, {
    usage: "remove <source>",
    description: "remove a source; its sink keeps the data",
    options: (command) => command.option("--yes", "do not ask"),
    async run([name], options) {
      if (options.yes !== true && !(await isSure(cli, name))) {
        cli.terminal.say("Nothing was removed.");
        return 1;
      }
      const answer = await cli.api().call({ method: "DELETE", path: sourcePath(name) }, answers.anything);
      show(
        cli,
        options,
        answer,
        () => `${name} is removed. Its service URL answers 410 from now on; its sink keeps the data.`,
      );
      return 0;
    },
  } satisfies CommandSpec<[string], { readonly yes?: true }>);
}

async function isSure({ terminal }: Cli, name: string): Promise<boolean> {
  if (!terminal.canAsk) throw new UsageError(`nobody is there to ask; add --yes to remove ${name}`);
  return (await terminal.ask(`This ends the mirror of ${name}. Type its name to remove it:`)).trim() === name;
}

function warn({ terminal }: Cli, { warnings }: answers.Source): void {
  for (const warning of warnings) terminal.say(`Warning: ${warning}`);
}
