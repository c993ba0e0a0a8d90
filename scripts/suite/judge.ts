import type { EventData } from "node:test";
import type { TestEvent } from "node:test/reporters";
import { inspect } from "node:util";
import type { Failure, Result } from "./result.ts";

/** Reads what a test file reports and says what it came to. */
export interface Judge {
  take(event: TestEvent): void;
  verdict(): Pick<Result, "passed" | "failures" | "output">;
}

/**
 * Judges one file by node:test's events. Only leaves count; a skipped test, one marked todo, and a file without any test are
 * failures, since none of them proves a thing.
 */
export function createJudge(file: string): Judge {
  const failures: Failure[] = [];
  const titles: string[] = [];
  const output: string[] = [];
  let passed = 0;
  return {
    take(event) {
      if (event.type === "test:stdout" || event.type === "test:stderr") output.push(event.data.message);
      // Errors thrown after their test had ended come as diagnostics.
      if (event.type === "test:diagnostic" && event.data.file !== undefined) output.push(`${event.data.message}\n`);
      if (event.type === "test:start") titles.splice(event.data.nesting, Infinity, event.data.name);
      if (event.type !== "test:pass" && event.type !== "test:fail") return;
      const reason = event.type === "test:pass" ? whyNoProof(event.data, file) : whyFailed(event.data);
      if (reason !== null) failures.push({ name: titles.slice(0, event.data.nesting + 1).join(" › "), reason });
      else if (event.type === "test:pass" && event.data.details.type !== "suite") passed += 1;
    },
    verdict: () => ({ passed, failures, output: output.join("") }),
  };
}

/** Why a test that passed proves nothing; null when it does, and for suites. */
function whyNoProof({ name, details, nesting, skip, todo }: EventData.TestPass, file: string): string | null {
  if (skip !== undefined) return "skipped";
  if (todo !== undefined) return "marked todo";
  return details.type !== "suite" && nesting === 0 && name === file ? "this file has no test" : null;
}

/** Why a test failed; null for what failed only because something inside it did, which was reported before. */
function whyFailed({ details, todo }: EventData.TestFail): string | null {
  const { error } = details;
  if (todo !== undefined) return "marked todo";
  if ("failureType" in error && error.failureType === "subtestsFailed") return null;
  return describeThrown(error.cause ?? error.message);
}

function describeThrown(thrown: unknown): string {
  if (typeof thrown === "string") return thrown;
  if (!(thrown instanceof Error)) return inspect(thrown);
  const stack = (thrown.stack ?? thrown.message).replaceAll(/^\s+at .*\(?node:.*\n?/gm, "").trimEnd();
  return thrown.cause === undefined ? stack : `${stack}\ncaused by ${describeThrown(thrown.cause)}`;
}
