import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { runTutorial, tutorialFile } from "./support/tutorial.ts";

test("docs/tutorial.md is what a run of its commands prints; write-tutorial.ts in support makes it anew", async () => {
  const lines = (text: string): readonly string[] => text.split("\n");
  assert.deepEqual(lines(await readFile(tutorialFile, "utf8")), lines(await runTutorial()));
});
