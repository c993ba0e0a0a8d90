import { runCommandLine } from "../../src/command-line.ts";
import type { Terminal } from "../../src/output/terminal.ts";

/** What a command came to. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Where a command runs; its environment is what is given, and nothing else. */
export interface Place {
  readonly env?: Readonly<Record<string, string>>;
  readonly folder?: string;
  /** What stdin holds. */
  readonly input?: string;
  /** What a person answers, one after the other; without it nobody is there. */
  readonly typed?: readonly string[];
  readonly signal?: AbortSignal;
}

/** Runs a command in this process, on a terminal that is kept as text. */
export async function runCli(argv: readonly string[], place: Place = {}): Promise<Ran> {
  const { env = {}, folder = "/nonexistent", input = "", typed, signal = new AbortController().signal } = place;
  const answers = [...(typed ?? [])];
  let out = "";
  let err = "";
  const terminal: Terminal = {
    print: (line) => void (out += `${line}\n`),
    say: (line) => void (err += `${line}\n`),
    paint: (_tone, word) => word,
    clear: () => {},
    progress: null,
    canAsk: typed !== undefined,
    async ask(question, { isSecret = false } = {}) {
      err += `${question}${isSecret ? " (hidden)" : ""}\n`;
      return answers.shift() ?? "";
    },
    readInput: async () => input,
  };
  const code = await runCommandLine(argv, { env, folder, terminal, signal });
  return { code, out, err };
}
