import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";

/** A program to run beside this one. */
export interface ChildOptions {
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** The user to run as; ours when not given. */
  readonly uid?: number;
  /** Given each piece of what the program prints, on stdout and stderr. */
  readonly onOutput?: (text: string) => void;
}

/** A program that runs. */
export interface Child {
  readonly pid: number;
  /** Fulfilled when it has ended, with its exit code or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /** Sends the signal and waits for the end; does nothing when it has ended. */
  readonly stop: (signal?: NodeJS.Signals) => Promise<void>;
}

const running = new Set<ChildProcess>();

// Whatever ends this process ends what it started.
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Starts a program; throws when there is none of that name. */
export async function startChild({ command, uid, onOutput, ...options }: ChildOptions): Promise<Child> {
  const [program = "", ...args] = command;
  const child = spawn(program, args, {
    ...options,
    stdio: "pipe",
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  await once(child, "spawn");
  running.add(child);
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => onOutput?.(text));
  }
  const ended = once(child, "close").then(([code, signal]) => {
    running.delete(child);
    return (code ?? signal) as number | NodeJS.Signals;
  });
  return {
    pid: child.pid ?? 0,
    ended,
    async stop(signal = "SIGTERM") {
      child.kill(signal);
      await ended;
    },
  };
}

/** Starts a program and waits until it prints `ready`. When it ends before, the error holds what it printed. */
export async function startServer(options: ChildOptions & { readonly ready: string }): Promise<Child> {
  const isReady = Promise.withResolvers<void>();
  let printed = "";
  const child = await startChild({
    ...options,
    onOutput(text) {
      options.onOutput?.(text);
      printed = `${printed}${text}`.slice(-10_000);
      if (printed.includes(options.ready)) isReady.resolve();
    },
  });
  const early = child.ended.then((code) => {
    throw new Error(`${options.command[0]} ended with ${code} before it was ready:\n${printed.trim()}`);
  });
  early.catch(() => {});
  await Promise.race([isReady.promise, early]);
  return child;
}
