// `npm run test:docker`: builds both images, then runs every `*.docker.test.ts`. Prints sizes and what the tests measured.
import { whyNoEngine } from "./docker/engine.ts";
import { buildImages } from "./docker/images.ts";
import { describeResult } from "./suite/result.ts";
import type { Result } from "./suite/result.ts";
import { runTestFile } from "./suite/run-test-file.ts";
import { findDockerTestFiles } from "./suite/test-files.ts";

const limits = { testTimeoutMs: 240_000, fileTimeoutMs: 1_200_000 };

const problem = await whyNoEngine();
if (problem !== null) {
  console.error(`A running Docker engine and Docker Compose are needed, and cannot be used: ${problem}
Start Docker; on a Debian without engine and registry: source <(.ci/base-images.sh)`);
  end([], 1);
}

const startedMs = performance.now();
for (const [service, bytes] of Object.entries(await buildImages())) {
  console.log(`the image of ${service} has ${(bytes / 1_000_000).toFixed(0)} MB, its base included`);
}
console.log(`both are built after ${((performance.now() - startedMs) / 1_000).toFixed(1)} s`);

const results: Result[] = [];
// One after the other: what is measured must not compete.
for (const file of findDockerTestFiles(process.argv.slice(2))) {
  const result = await runTestFile(file, limits);
  results.push(result);
  console.log(describeResult(result));
  if (result.failures.length === 0) console.log(result.output);
}
end(results, 0);

function end(results: readonly Result[], otherFailures: number): never {
  const passed = results.reduce((sum, result) => sum + result.passed, 0);
  const failed = results.reduce((sum, { failures }) => sum + failures.length, otherFailures);
  console.log(`\n${passed} passed, ${failed} failed`);
  process.exit(failed === 0 && passed > 0 ? 0 : 1);
}
