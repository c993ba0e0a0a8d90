import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { endServersOnSignal } from "./end-on-signal.ts";
import { startRedisServer } from "../../../scripts/servers/redis.ts";

export { freePort } from "../../../scripts/pair/free-port.ts";

/** A real Redis for a test, with an empty database. */
export interface TestRedis {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Gives an empty Redis with `appendonly yes` and `noeviction`: a database of that of `REDIS_URL`, else a server of its own on a
 * free port. A test that needs `args` of redis-server always gets a server of its own.
 */
export async function startRedis(args: readonly string[] = []): Promise<TestRedis> {
  const given = process.env["REDIS_URL"];
  if (given !== undefined && given !== "" && args.length === 0) return claimDatabase(given);
  endServersOnSignal();
  const dir = await mkdtemp(join(tmpdir(), "deskmirror-redis-"));
  const server = await startRedisServer(dir, ["--appendfsync", "everysec", ...args]);
  return {
    url: server.url,
    async stop() {
      await server.stop("SIGKILL");
      await rm(dir, { recursive: true, force: true });
    },
  };
}

const claim = "deskmirror:test";
const claimMs = 3_600_000;

/** Takes an empty database of a shared server, so that test files do not meet; what is not empty belongs to somebody else. */
async function claimDatabase(serverUrl: string): Promise<TestRedis> {
  const url = new URL(serverUrl);
  for (let database = 1; database < 16; database++) {
    url.pathname = `/${database}`;
    const redis = new Redis(url.href);
    const isEmpty = (await redis.dbsize()) === 0;
    if (isEmpty && (await redis.set(claim, "", "PX", claimMs, "NX")) === "OK") {
      return {
        url: url.href,
        async stop() {
          await redis.flushdb();
          await redis.quit();
        },
      };
    }
    await redis.quit();
  }
  throw new Error(
    "Databases 1 to 15 of REDIS_URL all hold data: give the tests a Redis of their own, or unset REDIS_URL",
  );
}
