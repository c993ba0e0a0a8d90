import { styleText } from "node:util";
import { text } from "node:stream/consumers";
import { read } from "read";

/** What colour says of a word. */
export type Tone = "good" | "doubtful" | "bad" | "plain";

/** The people's side of the command line. */
export interface Terminal {
  /** Writes a line of the result to stdout. */
  readonly print: (line: string) => void;
  /** Writes a line beside the result, to stderr. */
  readonly say: (line: string) => void;
  /** Colours a word of stdout; leaves it as it is when stdout is no terminal or NO_COLOR is set. */
  readonly paint: (tone: Tone, word: string) => string;
  /** Takes back all that stdout shows, where it is a terminal. */
  readonly clear: () => void;
  /** Where progress may be drawn: stderr when that is a terminal. */
  readonly progress: NodeJS.WritableStream | null;
  /** Whether somebody is there to answer. */
  readonly canAsk: boolean;
  /** Asks on stderr; what is typed is not shown when it is a secret. */
  readonly ask: (question: string, options?: { readonly isSecret?: boolean }) => Promise<string>;
  /** All of stdin. */
  readonly readInput: () => Promise<string>;
}

/** The streams of a process. */
export interface Streams {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

const styles = { good: "green", doubtful: "yellow", bad: "red" } as const;

/** The terminal of a process, or what stands in its place when output goes to a file or a program. */
export function createTerminal({ stdin, stdout, stderr }: Streams): Terminal {
  return {
    print: (line) => void stdout.write(`${line}\n`),
    say: (line) => void stderr.write(`${line}\n`),
    paint: (tone, word) => (tone === "plain" ? word : styleText(styles[tone], word, { stream: stdout })),
    clear: () => void (stdout.isTTY && stdout.write("\u001b[2J\u001b[H")),
    progress: stderr.isTTY ? stderr : null,
    canAsk: stdin.isTTY && stderr.isTTY,
    async ask(question, { isSecret = false } = {}) {
      try {
        return await read({ prompt: `${question} `, silent: isSecret, input: stdin, output: stderr });
      } finally {
        // The key that ended a hidden answer was hidden too.
        if (isSecret) stderr.write("\n");
      }
    },
    readInput: () => text(stdin),
  };
}
