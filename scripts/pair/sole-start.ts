import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Claims a folder for this process by a file with its pid and when it began; gives the function that gives it up. Throws when a living
 * process has it: two Redis servers on one append-only file would ruin it.
 */
export function claimFolder(pidFile: string): () => void {
  const other = readClaim(pidFile);
  if (other !== null && isAlive(other.pid) && other.began === (other.began && beganAt(other.pid))) {
    throw new Error(
      `Deskmirror already runs in this folder (process ${other.pid}). End that one with Ctrl-C, or use another folder.`,
    );
  }
  mkdirSync(dirname(pidFile), { recursive: true });
  writeFileSync(pidFile, `${[process.pid, beganAt(process.pid)].join(" ").trim()}\n`);
  return () => rmSync(pidFile, { force: true });
}

function readClaim(pidFile: string): { readonly pid: number; readonly began: string | null } | null {
  try {
    const [pid, began = null] = readFileSync(pidFile, "utf8").trim().split(" ");
    const number = Number(pid);
    return Number.isSafeInteger(number) && number > 0 && number !== process.pid ? { pid: number, began } : null;
  } catch {
    return null;
  }
}

/** When a process began, in ticks since the machine did: after a power loss another may have its number. Null where there is no /proc. */
function beganAt(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // starttime is field 22 (proc(5)); the name, field 2, may hold blanks and parentheses.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
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
