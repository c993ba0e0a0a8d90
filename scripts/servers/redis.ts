import { mkdir } from "node:fs/promises";
import { startServer } from "./child.ts";
import type { Child } from "./child.ts";
import { freePort } from "./free-port.ts";

/** A Redis server of our own. */
export interface RedisServer extends Pick<Child, "stop" | "ended"> {
  readonly url: string;
}

/**
 * Starts Redis on a free port with its data in `dir`: everything appended to disk at once, nothing ever evicted. `args` are
 * further arguments of redis-server. The program is `REDIS_SERVER`, which `scripts/prepare.mjs` finds, else redis-server.
 */
export async function startRedisServer(dir: string, args: readonly string[] = []): Promise<RedisServer> {
  await mkdir(dir, { recursive: true });
  const port = await freePort();
  const program = process.env["REDIS_SERVER"] ?? "redis-server";
  const place = ["--port", String(port), "--bind", "127.0.0.1", "--dir", dir];
  const safety = ["--save", "", "--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction"];
  const child = await startServer({
    command: [program, ...place, ...safety, ...args],
    ready: "Ready to accept connections",
  });
  return { url: `redis://127.0.0.1:${port}`, stop: child.stop, ended: child.ended };
}
