import { freePort } from "../../scripts/pair/free-port.ts";
import { startServer } from "../../scripts/servers/child.ts";
import type { Child } from "../../scripts/servers/child.ts";

/** A floor that runs as a process of its own. */
export interface Floor {
  readonly url: string;
  readonly stop: Child["stop"];
}

/** Starts a floor, given the settings it reads from its environment. */
export async function startFloor(name: "xadd" | "upsert", settings: Readonly<Record<string, string>>): Promise<Floor> {
  const port = await freePort();
  const file = new URL(`${name}.ts`, import.meta.url).pathname;
  const env = { PATH: process.env["PATH"], PORT: String(port), ...settings };
  const { stop } = await startServer({ command: [process.execPath, file], env, ready: "listening" });
  return { url: `http://127.0.0.1:${port}/`, stop };
}
