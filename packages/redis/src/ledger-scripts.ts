/**
 * Counts a group's events as accepted, once. The mark lives in the job's own hash, so removing the job removes it; a job that is
 * gone was settled, and settling counted it. A group that is open although its mark is new was lost and stored again.
 * KEYS job, ledger, open · ARGV group id, events, when the last of its deliveries was received (ms)
 */
export const ACCEPT = `
if redis.call("EXISTS", KEYS[1]) == 0 or redis.call("HSETNX", KEYS[1], "dm:events", ARGV[2]) == 0 then return 0 end
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if redis.call("ZADD", KEYS[3], "NX", now, ARGV[2] .. ":" .. ARGV[1]) == 0 then return 0 end
redis.call("HINCRBY", KEYS[2], "accepted", ARGV[2])
redis.call("HINCRBY", KEYS[2], "open", ARGV[2])
if tonumber(ARGV[3]) > tonumber(redis.call("HGET", KEYS[2], "lastReceivedMs") or 0) then
  redis.call("HSET", KEYS[2], "lastReceivedMs", ARGV[3])
end
return 1`;

/**
 * Says where a group's events went, once, also when its accepting was lost. Events in no bucket stay open, so that they show as
 * unaccounted when the job is gone.
 * KEYS job, ledger, open · ARGV group id, events, applied, superseded, filtered, deadLettered
 */
export const SETTLE = `
if redis.call("EXISTS", KEYS[1]) == 0 or redis.call("HSETNX", KEYS[1], "dm:settled", "1") == 0 then return 0 end
local member = ARGV[2] .. ":" .. ARGV[1]
local since = redis.call("ZSCORE", KEYS[3], member)
if not since then
  redis.call("HINCRBY", KEYS[2], "accepted", ARGV[2])
  redis.call("HINCRBY", KEYS[2], "open", ARGV[2])
end
redis.call("HSET", KEYS[1], "dm:events", ARGV[2])
redis.call("ZREM", KEYS[3], member)
local settled = 0
for index, bucket in ipairs({"applied", "superseded", "filtered", "deadLettered"}) do
  redis.call("HINCRBY", KEYS[2], bucket, ARGV[index + 2])
  settled = settled + ARGV[index + 2]
end
redis.call("HINCRBY", KEYS[2], "open", string.format("%d", -settled))
local rest = ARGV[2] - settled
if rest ~= 0 then redis.call("ZADD", KEYS[3], since or 0, string.format("%d:%s", rest, ARGV[1])) end
return 1`;

/**
 * Of the given members of `open` those that are still there although their job is gone.
 * KEYS open · ARGV prefix of job keys, members …
 */
export const ORPHANS = `
local orphans = {}
for index = 2, #ARGV do
  local job = ARGV[1] .. string.sub(ARGV[index], string.find(ARGV[index], ":", 1, true) + 1)
  if redis.call("EXISTS", job) == 0 and redis.call("ZSCORE", KEYS[1], ARGV[index]) then
    table.insert(orphans, ARGV[index])
  end
end
return orphans`;
