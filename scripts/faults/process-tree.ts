import { execFileSync } from "node:child_process";

/** Sends a signal to a program and to all it has started: PostgreSQL serves each connection by a process of its own. */
export function signalTree(pid: number, signal: NodeJS.Signals): void {
  const lines = execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" }).trim().split("\n");
  const parents = new Map(lines.map((line) => line.trim().split(/\s+/).map(Number) as [number, number]));
  const descends = (from: number): boolean => {
    const parent = parents.get(from);
    return parent !== undefined && (parent === pid || descends(parent));
  };
  for (const one of [pid, ...[...parents.keys()].filter(descends)]) sendSignal(one, signal);
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // It ended by itself meanwhile.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
