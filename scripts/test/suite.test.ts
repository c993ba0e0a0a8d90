import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { json } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

const runner = fileURLToPath(new URL("../suite/run-test-file.ts", import.meta.url));

/** Body of a test file, then what it must come to: tests that pass, and reasons of those that do not. */
const files: readonly (readonly [
  title: string,
  body: string,
  passed: number,
  reasons: readonly RegExp[],
  fileTimeoutMs?: number,
])[] = [
  [
    "tests that pass are counted, suites are not",
    "describe('s', () => { it('a', () => {}); it('b', () => {}); });",
    2,
    [],
  ],
  ["a test that throws fails with its reason", "test('a', () => { throw new Error('boom'); });", 0, [/boom/]],
  ["a skipped test fails", "test('a', { skip: true }, () => {});", 0, [/skipped/]],
  [
    "a test marked todo fails",
    "test('a', { todo: true }, () => {}); test.todo('b');",
    0,
    [/marked todo/, /marked todo/],
  ],
  ["a file without tests fails", "", 0, [/has no test/]],
  [
    "a failing test inside a suite counts once",
    "describe('s', () => { it('a', () => assert.equal(1, 2)); });",
    0,
    [/1 !== 2/],
  ],
  ["a failing hook fails", "after(() => { throw new Error('hook'); }); test('a', () => {});", 1, [/hook/]],
  ["a file that does not load fails", "import './missing.ts';", 0, [/test failed/]],
  [
    "an error after the last test fails",
    "test('a', () => { setTimeout(() => { throw new Error('late'); }); });",
    1,
    [/failed/],
  ],
  [
    "a test that never ends fails",
    "test('a', () => new Promise((done) => setTimeout(done, 3_000)));",
    0,
    [/timed out/],
  ],
  ["a file that never ends fails", "test('a', () => {}); setInterval(() => {}, 1_000);", 1, [/aborted/], 4_000],
];

interface Verdict {
  readonly passed: number;
  readonly failures: readonly { readonly reason: string }[];
}

describe("npm test", { concurrency: 2 }, () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "deskmirror-suite-"));
    await writeFile(
      join(folder, "run.mjs"),
      `import { runTestFile } from ${JSON.stringify(runner)};
      const [file, fileTimeoutMs] = process.argv.slice(2);
      const limits = { testTimeoutMs: 2_000, fileTimeoutMs: Number(fileTimeoutMs) };
      console.log(JSON.stringify(await runTestFile(file, limits)));`,
    );
  });
  after(() => rm(folder, { recursive: true }));

  for (const [index, [title, body, passed, reasons, fileTimeoutMs = 60_000]] of files.entries()) {
    test(title, async () => {
      const file = join(folder, `${index}.test.ts`);
      const imports = `import assert from "node:assert/strict"; import { after, describe, it, test } from "node:test";`;
      await writeFile(file, `${imports}\n${body}\n`);
      const verdict = await judge([join(folder, "run.mjs"), file, String(fileTimeoutMs)]);
      assert.equal(verdict.passed, passed);
      assert.equal(verdict.failures.length, reasons.length, JSON.stringify(verdict.failures));
      for (const [at, reason] of reasons.entries()) assert.match(verdict.failures[at]?.reason ?? "", reason);
    });
  }
});

/** Runs a test file as `npm test` does, in a process that does not know it is inside a test. */
async function judge(argv: readonly string[]): Promise<Verdict> {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn(process.execPath, argv, { env, stdio: ["ignore", "pipe", "inherit"] });
  return (await json(child.stdout)) as Verdict;
}
