import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Claims a folder for this process by a file with its pid; gives the function that gives it up. Throws when a living process has it: two
 * Redis servers on one append-only file would ruin it.
 */
export function claimFolder(pidFile: string): () => void {
  const other = readPid(pidFile);
  if (other !== null && isAlive(other)) {
    throw new Error(
      `Deskmirror already runs in this folder (process ${other}). End that one with Ctrl-C, or use another folder.`,
    );
  }
  mkdirSync(dirname(pidFile), { recursive: true });
  writeFileSync(pidFile, `${process.pid}\n`);
  return () => rmSync(pidFile, { force: true });
}

function readPid(pidFile: string): number | null {
  try {
    const pid = Number(readFileSync(pidFile, "utf8"));
    return Number.isSafeInteger(pid) && pid > 0 && pid !== process.pid ? pid : null;
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
