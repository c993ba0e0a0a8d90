import type { Command } from "commander";
import * as answers from "../api/answers.ts";
import { sourcePath } from "../api/paths.ts";
import { addCommand } from "../cli.ts";
import type { Cli, CommandSpec } from "../cli.ts";
import { readCode, withCodeOptions } from "../input/source-options.ts";
import type { CodeOptions } from "../input/source-options.ts";
import { formatNextSteps } from "../output/source.ts";
import { show } from "../output/show.ts";

/** `authorize`, `webhook register|remove`, `pause` and `resume`. */
export function addGrantCommands(program: Command, cli: Cli): void {
  addCommand(program, cli, {
    usage: "authorize <source>",
    description: "exchange a new generated code",
    options: withCodeOptions,
    async run([name], options) {
      const code = await readCode(cli, options);
      const call = { method: "POST", path: sourcePath(name, "authorize"), body: { code } } as const;
      const answer = await cli.api().call(call, answers.source);
      show(cli, options, answer, () => `${name} is authorized.`);
      if (answer.value.webhookId === null) for (const line of formatNextSteps(answer.value)) cli.terminal.say(line);
    },
  } satisfies CommandSpec<[string], CodeOptions>);

  const webhook = program.command("webhook").description("the subscription at Zoho");
  for (const [verb, method, description] of [
    ["register", "POST", "register or repair the subscription at Zoho"],
    ["remove", "DELETE", "remove the subscription at Zoho"],
  ] as const) {
    addCommand(webhook, cli, {
      usage: `${verb} <source>`,
      description,
      async run([name], options) {
        const answer = await cli.api().call({ method, path: sourcePath(name, "webhook") }, answers.webhook);
        show(cli, options, answer, ({ id, state, events }) => {
          const told = events.length === 0 ? "" : `, ${events.length} kinds of events`;
          return id === null ? `The webhook of ${name} is removed.` : `Webhook ${id} of ${name} is ${state}${told}.`;
        });
        return verb === "register" && answer.value.state !== "active" ? 1 : 0;
      },
    } satisfies CommandSpec<[string]>);
  }

  for (const [verb, description, done] of [
    ["pause", "stop writing; events are stored meanwhile", "is paused. Events are stored until npx deskmirror resume"],
    ["resume", "go on where it was paused", "goes on"],
  ] as const) {
    addCommand(program, cli, {
      usage: `${verb} <source>`,
      description,
      async run([name], options) {
        const answer = await cli.api().call({ method: "POST", path: sourcePath(name, verb) }, answers.source);
        show(cli, options, answer, () => `${name} ${done}.`);
      },
    } satisfies CommandSpec<[string]>);
  }
}
