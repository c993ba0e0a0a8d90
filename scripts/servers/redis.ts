import { freePort } from "../pair/free-port.ts";
import { redisProgram } from "../pair/programs.ts";
import { startServer } from "./child.ts";
import type { Child } from "./child.ts";

/** A Redis server of our own. */
export interface RedisServer {
  readonly url: string;
  readonly stop: Child["stop"];
}

/**
 * Starts Redis on a free port with its data in `dir`; `args` are further arguments of redis-server. The program is
 * `REDIS_SERVER`, which `scripts/prepare.mjs` finds, else redis-server.
 */
export async function startRedisServer(dir: string, args: readonly string[] = []): Promise<RedisServer> {
  const port = await freePort();
  const { command } = redisProgram({ server: process.env["REDIS_SERVER"] ?? "redis-server", dir, port });
  const { stop } = await startServer({ command: [...command, ...args], ready: "Ready to accept connections" });
  return { url: `redis://127.0.0.1:${port}`, stop };
}
