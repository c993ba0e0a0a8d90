import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import type { Result } from "./result.ts";

/** A program whose exit code says whether the repository holds to a rule. */
export interface Check {
  readonly name: string;
  readonly command: readonly string[];
}

/** Format, lint and types, cheapest first; the first two of `paths` only, when given. */
export function checksOf(paths: readonly string[]): readonly Check[] {
  return [
    { name: "format", command: ["oxfmt", "--check", ...paths] },
    { name: "lint", command: ["oxlint", "--type-aware", ...paths] },
    { name: "types", command: ["tsc", "--pretty", "false"] },
  ];
}

/** Runs a check; it counts as one, and its output is the reason when it fails. */
export async function runCheck({ name, command }: Check): Promise<Result> {
  const startedMs = performance.now();
  const [program = "", ...args] = command;
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  const failures = code === 0 ? [] : [{ name: command.join(" "), reason: `ended with ${code}` }];
  const output = code === 0 ? "" : `${stdout}${stderr}`;
  return { name, passed: 1 - failures.length, failures, output, durationMs: performance.now() - startedMs };
}
