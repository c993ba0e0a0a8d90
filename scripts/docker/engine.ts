import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);
const MOST_BYTES = 64 * 1024 * 1024;

/** Runs the engine's client and gives what it printed; the error of a failed command ends with what it said. */
export async function docker(...args: readonly string[]): Promise<string> {
  return await runProgram("docker", args);
}

/** Runs Docker Compose: the client's plugin, else the program of its own that some distributions have. */
export async function compose(...args: readonly string[]): Promise<string> {
  const isPlugin = await docker("compose", "version").then(
    () => true,
    () => false,
  );
  return isPlugin ? await docker("compose", ...args) : await runProgram("docker-compose", args);
}

/** Why there is no engine to work with; null when there is one. */
export async function whyNoEngine(): Promise<string | null> {
  try {
    await docker("info");
    await compose("version");
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function runProgram(program: string, args: readonly string[]): Promise<string> {
  const { stdout } = await run(program, args, { maxBuffer: MOST_BYTES });
  return stdout.trim();
}
