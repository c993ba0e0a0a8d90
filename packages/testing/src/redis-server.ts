import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A real Redis for a test. */
export interface TestRedis {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Gives a real Redis with `appendonly yes` and `noeviction`: that of `REDIS_URL`, else a new `redis-server` on a free port.
 * `args` are further arguments of `redis-server`.
 */
export async function startRedis(args: readonly string[] = []): Promise<TestRedis> {
  const given = process.env["REDIS_URL"];
  if (given !== undefined) return { url: given, stop: async () => {} };
  const dir = await mkdtemp(join(tmpdir(), "deskmirror-redis-"));
  const port = await freePort();
  const server = spawn(
    process.env["REDIS_SERVER"] ?? "redis-server",
    ["--port", String(port), "--bind", "127.0.0.1", "--dir", dir, "--save", "", "--appendonly", "yes"].concat(args),
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const stopped = once(server, "exit");
  await new Promise<void>((resolve, reject) => {
    server.stdout.on("data", (chunk: Buffer) => {
      if (chunk.includes("Ready to accept connections")) resolve();
    });
    server.once("error", reject);
    server.once("exit", () => reject(new Error("redis-server ended before it was ready")));
  });
  return {
    url: `redis://127.0.0.1:${port}`,
    async stop() {
      server.kill("SIGKILL");
      await stopped;
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** A TCP port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no TCP address");
  return address.port;
}
