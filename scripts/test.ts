// `npm test`: format, lint and types count as one each, then every test there is. Arguments are folders or files to keep to.
import { checksOf, runCheck } from "./suite/checks.ts";
import { describeResult } from "./suite/result.ts";
import type { Result } from "./suite/result.ts";
import { runTestFile } from "./suite/run-test-file.ts";
import { findTestFiles } from "./suite/test-files.ts";

const limits = { testTimeoutMs: 120_000, fileTimeoutMs: 300_000 };
const parallel = 2;

const paths = process.argv.slice(2);
const results: Result[] = [];

for (const check of checksOf(paths)) report(await runCheck(check));
const files = findTestFiles(paths).values();
await Promise.all(Array.from({ length: parallel }, runFiles));

const passed = results.reduce((sum, result) => sum + result.passed, 0);
const failed = results.reduce((sum, result) => sum + result.failures.length, 0);
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

/** Each runner takes the next file that nobody has taken. */
async function runFiles(): Promise<void> {
  for (const file of files) report(await runTestFile(file, limits));
}

function report(result: Result): void {
  results.push(result);
  console.log(describeResult(result));
}
