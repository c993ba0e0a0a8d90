import type { Command } from "commander";
import type { Check } from "../api/answers.ts";
import { addCommand } from "../cli.ts";
import type { Cli, CommandSpec } from "../cli.ts";
import { examine } from "../doctor/examine.ts";
import { formatChecks } from "../output/work.ts";

/** `doctor`. */
export function addDoctorCommand(program: Command, cli: Cli): void {
  addCommand(program, cli, {
    usage: "doctor",
    description: "look at everything from this machine, and say what to do",
    async run(_args, { json }) {
      const checks = await examine(cli);
      cli.terminal.print(json ? JSON.stringify({ checks }) : formatChecks(checks, cli.terminal));
      if (json === undefined) cli.terminal.print(`\n${summarize(checks)}`);
      return checks.some(({ state }) => state === "fail") ? 1 : 0;
    },
  } satisfies CommandSpec<[]>);
}

function summarize(checks: readonly Check[]): string {
  const failed = checks.filter(({ state }) => state === "fail").length;
  const doubtful = checks.filter(({ state }) => state === "warn").length;
  if (failed > 0) return `${failed} of ${checks.length} checks failed.`;
  return doubtful > 0 ? `Nothing is wrong; ${doubtful} to know of.` : "Nothing is wrong.";
}
