/** Where progress is shown. */
export interface Screen {
  /** Shows `text` in place of what was shown before; where output is no terminal, only `summary`, when it is another one. */
  show(text: string, summary: string): void;
}

/** The stream of a terminal, or of what is none. */
export interface Terminal {
  readonly isTTY: boolean;
  readonly rows: number;
  write(text: string): boolean;
}

/** Progress on stdout: redrawn in a terminal, a line now and then elsewhere. */
export function createScreen(out: Terminal): Screen {
  let shownLines = 0;
  let lastSummary = "";
  return {
    show(text, summary) {
      const lines = text.split("\n").length;
      if (out.isTTY && lines < out.rows) {
        const back = shownLines === 0 ? "" : `\u001b[${shownLines}F\u001b[0J`;
        out.write(`${back}${text}\n`);
        shownLines = lines;
      } else if (summary !== lastSummary) {
        out.write(`${summary}\n`);
        shownLines = 0;
        lastSummary = summary;
      }
    },
  };
}
