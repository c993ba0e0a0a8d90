import { spawn } from "node:child_process";
import { once } from "node:events";

/** A shell that stays the same over all its commands, as in a terminal. */
export interface Shell {
  /** Runs a command; gives what it printed, stdout and stderr together, and its exit code. */
  readonly run: (command: string) => Promise<{ readonly output: string; readonly code: number }>;
  readonly close: () => Promise<void>;
}

const END = "-- end of a command, with exit code ";

/** Starts `sh` in a folder. */
export function startShell(cwd: string, env: Readonly<Record<string, string | undefined>>): Shell {
  const child = spawn("sh", [], { cwd, env, stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(child, "close");
  child.stdin.write("exec 2>&1\n");
  let text = "";
  let isWanted = (): void => {};
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
    isWanted();
  });
  const end = new RegExp(`${END}(\\d+)\\n$`);
  return {
    async run(command) {
      text = "";
      child.stdin.write(`{ ${command}\n} < /dev/null; echo "${END}$?"\n`);
      for (;;) {
        const found = end.exec(text);
        if (found !== null) return { output: text.slice(0, found.index), code: Number(found[1]) };
        await Promise.race([
          new Promise<void>((resolve) => (isWanted = resolve)),
          ended.then(() => Promise.reject(new Error(`the shell ended: ${text}`))),
        ]);
      }
    },
    async close() {
      child.stdin.end();
      await ended;
    },
  };
}
