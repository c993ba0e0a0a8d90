import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
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

test("a folder whose process is gone is free when another has its number now", () => {
  const pidFile = file();
  claimFolder(pidFile)();
  writeFileSync(pidFile, `${process.ppid} 1\n`);
  claimFolder(pidFile)();
});

test("a folder that another start has is refused", async () => {
  const pidFile = file();
  const source = `import(${JSON.stringify(import.meta.resolve("../pair/sole-start.ts"))}).then(({ claimFolder }) => {
    claimFolder(${JSON.stringify(pidFile)});
    console.log("claimed");
    setInterval(() => {}, 1_000);
  });`;
  const child = spawn(process.execPath, ["-e", source], { stdio: ["ignore", "pipe", "inherit"] });
  try {
    await once(child.stdout, "data");
    assert.throws(() => claimFolder(pidFile), new RegExp(`already runs in this folder \\(process ${child.pid}\\)`));
  } finally {
    child.kill("SIGKILL");
    await once(child, "exit");
  }
  claimFolder(pidFile)();
});
