import { spawn } from "node:child_process";
import { constants } from "node:os";
import { delimiter, join } from "node:path";

/**
 * Runs a program by the pinned Node in the foreground: same terminal, signals passed on, its exit code kept.
 * @param {string} node
 * @param {string[]} argv
 * @param {{ root: string, cwd: string, env?: Record<string, string> }} place the repository, where the program runs, and what to add to its environment
 */
export function handOver(node, argv, { root, cwd, env = {} }) {
  const path = [join(root, "node_modules/.bin"), process.env["PATH"] ?? ""].join(delimiter);
  const child = spawn(node, argv, { cwd, stdio: "inherit", env: { ...process.env, ...env, PATH: path } });
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
    process.on(signal, () => child.kill(signal));
  }
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? 128 + constants.signals[signal ?? "SIGTERM"];
  });
}
