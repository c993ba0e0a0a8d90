import { run } from "node:test";
import type { TestEvent } from "node:test/reporters";
import { createJudge } from "./judge.ts";
import type { Result } from "./result.ts";

/** How long may be waited. */
export interface TestLimits {
  readonly testTimeoutMs: number;
  readonly fileTimeoutMs: number;
}

/** Runs one test file in a process of its own and ends it when its time is over, whatever keeps it alive. */
export async function runTestFile(file: string, limits: TestLimits): Promise<Result> {
  const startedMs = performance.now();
  const judge = createJudge(file);
  const events: AsyncIterable<TestEvent> = run({
    files: [file],
    concurrency: false,
    timeout: limits.testTimeoutMs,
    signal: AbortSignal.timeout(limits.fileTimeoutMs),
  });
  for await (const event of events) judge.take(event);
  return { name: file, ...judge.verdict(), durationMs: performance.now() - startedMs };
}
