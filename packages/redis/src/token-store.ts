import type { TokenStore } from "@deskmirror/model";
import { ask } from "./ask.ts";
import type { RedisConnection } from "./connection.ts";
import { sharedKey } from "./keys.ts";
import type { Sealer } from "./sealer.ts";

/** Refreshes of one grant that Zoho allows in ten minutes are 10 (facts 1.5); two are left for others. */
const REFRESHES = 8;
const WINDOW_MS = 600_000;

/** KEYS token · ARGV sealed token, its end in ms, epoch */
const WRITE = `
local epoch = tonumber(redis.call("HGET", KEYS[1], "epoch")) or 0
if epoch > tonumber(ARGV[3]) then return 0 end
redis.call("HSET", KEYS[1], "token", ARGV[1], "expiresMs", ARGV[2], "epoch", ARGV[3])
return 1`;

/** KEYS refreshes · ARGV most, window in ms */
const COUNT = `
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call("ZREMRANGEBYSCORE", KEYS[1], "-inf", now - ARGV[2])
if redis.call("ZCARD", KEYS[1]) >= tonumber(ARGV[1]) then
  return redis.call("ZRANGE", KEYS[1], 0, 0, "WITHSCORES")[2] + ARGV[2] - now
end
redis.call("ZADD", KEYS[1], now, time[1] .. "." .. time[2])
redis.call("PEXPIRE", KEYS[1], ARGV[2])
return 0`;

/** Access tokens of all grants in Redis, sealed. TransientError when Redis is out of reach. */
export function createTokenStore(options: { readonly connection: RedisConnection; readonly seal: Sealer }): TokenStore {
  const { seal } = options;
  const { client } = options.connection;
  const tokenKey = (grant: string) => sharedKey("grant", grant, "token");
  const refusedKey = (grant: string) => sharedKey("grant", grant, "refused");

  return {
    async read(grant) {
      const [sealed, expiresMs] = await ask(client.hmget(tokenKey(grant), "token", "expiresMs"));
      const token = openCached(seal, sealed ?? null);
      return token === null ? null : { token, expiresMs: Number(expiresMs) };
    },
    async write(grant, { token, expiresMs }, { epoch, signal }) {
      if (signal.aborted) return false;
      return (await ask(client.eval(WRITE, 1, tokenKey(grant), seal.seal(token), expiresMs, epoch))) === 1;
    },
    async countRefresh(grant) {
      return Number(await ask(client.eval(COUNT, 1, sharedKey("grant", grant, "refreshes"), REFRESHES, WINDOW_MS)));
    },
    async setRefused(grant, refused) {
      await (refused ? ask(client.set(refusedKey(grant), "1")) : ask(client.del(refusedKey(grant))));
    },
    async isRefused(grant) {
      return (await ask(client.exists(refusedKey(grant)))) === 1;
    },
  };
}

/** An access token sealed with a key that is gone is no loss: the grant gives another. */
function openCached(seal: Sealer, sealed: string | null): string | null {
  if (sealed === null) return null;
  try {
    return seal.open(sealed);
  } catch {
    return null;
  }
}
