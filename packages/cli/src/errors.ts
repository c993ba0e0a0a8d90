import { ConfigError, toError } from "@deskmirror/model";
import { CommanderError } from "commander";
import { ApiError } from "./api/api-error.ts";
import type { ExitCode } from "./cli.ts";

/** The command was called in a way that cannot be meant; the message says how to call it. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What a person is told of an error; null when that was done already. */
export function describeError(thrown: unknown): string | null {
  if (thrown instanceof CommanderError) return null;
  const error = toError(thrown);
  if (!(error instanceof ApiError)) return `Error: ${error.message}`;
  const { status, code, message, hint } = error;
  if (status === 404 && code === "NOT_FOUND") {
    return `Error: This sync does not know the call. It may be of an earlier version than this command line: update it, or see its README.`;
  }
  return `Error: ${message}\nWhat to do: ${hint}`;
}

/** The exit code that an error stands for. */
export function toExitCode(thrown: unknown): ExitCode {
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 2;
  return thrown instanceof UsageError || thrown instanceof ConfigError ? 2 : 1;
}
