import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Program } from "./programs.ts";

/** A program that was started. */
export interface Running {
  readonly program: Program;
  /** Resolves when it has ended, with how: `code 1`, `SIGKILL`, or why it could not start. */
  readonly ended: Promise<string>;
  /** Lets it drain, and kills it when that takes longer than 25 s. */
  stop(): Promise<void>;
  /** Sends it a signal, SIGKILL unless another is named. */
  kill(signal?: NodeJS.Signals): void;
}

const DRAIN_MS = 25_000;

/** Starts a program in a process group of its own: Ctrl-C must reach it once and in order, not from the terminal as well. */
export function startProgram(program: Program): Running {
  const [command = "", ...args] = program.command;
  const output = program.logFile === null ? null : openSync(program.logFile, "a");
  const child = spawn(command, args, {
    // Redis in Docker lives as long as its stdin.
    stdio: ["pipe", output ?? "inherit", output ?? "inherit"],
    env: program.env,
    detached: true,
  });
  if (output !== null) closeSync(output);
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(signal ?? `code ${code}`));
  });
  return {
    program,
    ended,
    kill: (signal = "SIGKILL") => child.kill(signal),
    async stop() {
      child.kill("SIGTERM");
      const tooLong = new AbortController();
      const killing = sleep(DRAIN_MS, null, { signal: tooLong.signal }).then(
        () => child.kill("SIGKILL"),
        () => false,
      );
      await ended;
      tooLong.abort();
      await killing;
    },
  };
}

/** Rejects when one of the programs ends, with the end of its log. */
export async function failWhenOneEnds(programs: readonly Running[]): Promise<never> {
  const { program, how } = await Promise.race(
    programs.map(async (running) => ({ program: running.program, how: await running.ended })),
  );
  const log = program.logFile === null ? "" : `\n${lastLines(program.logFile)}\nIts log: ${program.logFile}`;
  throw new Error(`${program.name} ended (${how}).${log}`);
}

function lastLines(file: string): string {
  return readFileSync(file, "utf8").trim().split("\n").slice(-10).join("\n");
}
