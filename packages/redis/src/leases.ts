import { randomUUID } from "node:crypto";
import type { Lease, Leases } from "@deskmirror/model";
import { ask } from "./ask.ts";
import type { RedisConnection } from "./connection.ts";
import { sharedKey } from "./keys.ts";

/**
 * Epochs rise over all holders, and over the loss of Redis too: what a sink remembers of an epoch must never outrank a new holder,
 * so an epoch is at least the time in ms. KEYS owner, epoch · ARGV owner, ttl
 */
const ACQUIRE = `
if redis.call("EXISTS", KEYS[1]) == 1 then return 0 end
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local epoch = string.format("%d", math.max(now, (tonumber(redis.call("GET", KEYS[2])) or 0) + 1))
redis.call("SET", KEYS[1], ARGV[1], "PX", ARGV[2])
redis.call("SET", KEYS[2], epoch)
return tonumber(epoch)`;

/** KEYS owner · ARGV owner, ttl */
const RENEW = `
if redis.call("GET", KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call("PEXPIRE", KEYS[1], ARGV[2])`;

/** KEYS owner · ARGV owner */
const RELEASE = `
if redis.call("GET", KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call("DEL", KEYS[1])`;

/** Leases in Redis. TransientError when Redis is out of reach, except for `release`: an unreleased lease ends by itself. */
export function createLeases({ connection: { client } }: { readonly connection: RedisConnection }): Leases {
  return {
    async acquire(name, { ttlMs, keepAlive }) {
      const key = sharedKey("lease", name);
      const owner = randomUUID();
      // Counted from before the question, so that we never believe in a lease for longer than Redis does.
      let askedMs = performance.now();
      const epoch = Number(await ask(client.eval(ACQUIRE, 2, key, sharedKey("lease", name, "epoch"), owner, ttlMs)));
      if (epoch === 0) return null;

      const lost = new AbortController();
      let end: NodeJS.Timeout;
      let renewal: NodeJS.Timeout | undefined;
      const lose = () => {
        clearTimeout(end);
        clearInterval(renewal);
        lost.abort(new Error(`The lease ${name} was lost`));
      };
      const expectEnd = () => {
        clearTimeout(end);
        end = setTimeout(lose, Math.max(0, askedMs + ttlMs - performance.now())).unref();
      };
      const renew = async () => {
        if (lost.signal.aborted) return false;
        const renewedMs = performance.now();
        if ((await ask(client.eval(RENEW, 1, key, owner, ttlMs))) !== 1) lose();
        if (lost.signal.aborted) return false;
        askedMs = renewedMs;
        expectEnd();
        return true;
      };
      expectEnd();
      // A renewal that fails is repeated by the next; when none succeeds in time, the lease ends.
      if (keepAlive) renewal = setInterval(() => void renew().catch(() => {}), ttlMs / 3).unref();

      const lease: Lease = {
        epoch,
        signal: lost.signal,
        renew,
        async release() {
          clearTimeout(end);
          clearInterval(renewal);
          await client.eval(RELEASE, 1, key, owner).catch(() => {});
        },
      };
      return lease;
    },
  };
}
