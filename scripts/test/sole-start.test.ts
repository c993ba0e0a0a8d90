import assert from "node:assert/strict";
import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { claimFolder } from "../pair/sole-start.ts";

const file = () => join(mkdtempSync(join(tmpdir(), "deskmirror-sole-")), "data", "start.pid");

test("a folder that a living process has is refused, and says what to do", () => {
  const pidFile = file();
  claimFolder(pidFile)();
  writeFileSync(pidFile, `${process.ppid}\n`);
  assert.throws(() => claimFolder(pidFile), /already runs in this folder \(process \d+\)\. End that one/);
});

test("a folder whose process is gone is free, and so is one that was given up", () => {
  const pidFile = file();
  const release = claimFolder(pidFile);
  assert.ok(existsSync(pidFile));
  release();
  assert.ok(!existsSync(pidFile));
  writeFileSync(pidFile, "4194303\n");
  claimFolder(pidFile)();
});
