import type { Command } from "commander";
import * as answers from "../api/answers.ts";
import { sourcePath } from "../api/paths.ts";
import { addCommand } from "../cli.ts";
import type { Cli, CommandSpec } from "../cli.ts";
import { show } from "../output/show.ts";
import { formatTable } from "../output/table.ts";
import { toLocal } from "../output/time.ts";

/** `deletes list|confirm|refuse`. */
export function addDeleteCommands(program: Command, cli: Cli): void {
  const group = program.command("deletes").description("deletes that are held because they are many");

  addCommand(group, cli, {
    usage: "list <source>",
    description: "list the tables whose deletes are held",
    async run([source], options) {
      const answer = await cli.api().call({ method: "GET", path: sourcePath(source, "deletes") }, answers.deletes);
      show(cli, options, answer, ({ items }) => {
        if (items.length === 0) return "No deletes are held.";
        return formatTable(
          ["table", "rows", "since", "ids"],
          items.map(({ table, count, since, ids }) => [table, count, toLocal(since), shorten(ids)]),
        );
      });
    },
  } satisfies CommandSpec<[string]>);

  for (const [verb, description, done] of [
    ["confirm", "let the deletes of a table be asked for and written", "are confirmed"],
    ["refuse", "keep the rows of a table until its next complete pull", "are refused; its rows stay"],
  ] as const) {
    addCommand(group, cli, {
      usage: `${verb} <source> <table>`,
      description,
      async run([source, table], options) {
        const path = sourcePath(source, `deletes/${verb}`);
        const answer = await cli.api().call({ method: "POST", path, body: { table } }, answers.anything);
        show(cli, options, answer, () => `The held deletes of ${table} ${done}.`);
      },
    } satisfies CommandSpec<[string, string]>);
  }
}

function shorten(ids: readonly string[]): string {
  return ids.length > 3 ? `${ids.slice(0, 3).join(" ")} …` : ids.join(" ");
}
