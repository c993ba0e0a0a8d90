import { randomBytes } from "node:crypto";
import { after } from "node:test";
import { startRedis } from "@deskmirror/testing";
import { connectRedis } from "../src/connection.ts";
import type { ConnectOptions, Log, RedisConnection } from "../src/connection.ts";

const ends: (() => unknown)[] = [];
after(async () => {
  for (const end of ends.toReversed()) await end();
});

/** Runs something when the test file ends, before what was registered earlier. */
export function atEnd(end: () => unknown): void {
  ends.push(end);
}

/** A real Redis that stops when the test file ends. */
export async function testRedis(): Promise<string> {
  const redis = await startRedis();
  atEnd(() => redis.stop());
  return redis.url;
}

/** A connection that closes when the test file ends, before its Redis stops. */
export async function testConnection(url: string, options: Partial<ConnectOptions> = {}): Promise<RedisConnection> {
  const connection = connectRedis({ url, role: "sync", ...options });
  atEnd(() => connection.close());
  await connection.ready(AbortSignal.timeout(5_000));
  return connection;
}

/** A name no other test uses, since tests may share a Redis. */
export function uniqueName(prefix = "s"): string {
  return `${prefix}${randomBytes(6).toString("hex")}`;
}

/** A log that remembers its lines as JSON. */
export function recordLog(): { readonly log: Log; readonly lines: string[] } {
  const lines: string[] = [];
  return { lines, log: (message, fields = {}) => void lines.push(`${message} ${JSON.stringify(fields)}`) };
}

/** Waits until something holds; fails after `timeoutMs`. */
export async function until(holds: () => boolean | Promise<boolean>, timeoutMs = 10_000): Promise<void> {
  const endMs = performance.now() + timeoutMs;
  while (!(await holds())) {
    if (performance.now() > endMs) throw new Error(`still not so after ${timeoutMs} ms: ${String(holds)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
