import { runCommandLine } from "./command-line.ts";
import { createTerminal } from "./output/terminal.ts";

const stop = new AbortController();
process.once("SIGINT", () => stop.abort());
// Whoever reads our output may have seen enough, like `head`.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

process.exitCode = await runCommandLine(process.argv.slice(2), {
  env: process.env,
  folder: process.cwd(),
  terminal: createTerminal(process),
  signal: stop.signal,
});
