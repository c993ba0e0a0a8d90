/**
 * Common part: the time, and the day's credits as known. `waitUntil` is when a request may look whether a new day came; 0 while
 * credits are left. The limit unless given is the most that was seen of a day.
 * KEYS credits · ARGV[1] now in ms ("": Redis's clock), ARGV[2] limit ("": unknown), ARGV[3] reserve 0 to 1
 */
const KNOWN = `
local PROBE_MS = 900000
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call("TIME")
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local function field(name) return tonumber(redis.call("HGET", KEYS[1], name) or nil) end
local remaining = field("remaining")
local limit = tonumber(ARGV[2]) or field("highest")
local room = math.huge
if remaining and limit then room = remaining - ARGV[3] * limit end
local waitUntil = 0
if room <= 0 then waitUntil = (field("lookedMs") or 0) + PROBE_MS end
local stopUntil = field("stopUntilMs") or 0
local function pack(...) return cjson.encode({...}) end
`;

/**
 * Asks for a place. Answers a JSON array: ["go", asked ms, day, remaining or false], ["wait"], or ["credits", until ms, remaining, limit or
 * false]. Who asked earlier or with a smaller rank in another process has a claim to a free place; claims end after a second unless
 * renewed. Near the reserve, requests under way count with the heaviest weight of the day.
 * KEYS credits, places, waiting · ARGV[4…] rank, process, place, concurrency, ms a place is kept
 */
export const TAKE = `${KNOWN}
local rank, process = tonumber(ARGV[4]), ARGV[5]
local isStopped = rank > 0 and stopUntil > now
if isStopped or waitUntil > now then
  redis.call("HDEL", KEYS[3], process)
  return pack("credits", math.max(waitUntil, isStopped and stopUntil or 0), remaining or false, limit or false)
end

redis.call("ZREMRANGEBYSCORE", KEYS[2], "-inf", now)
local used = redis.call("ZCARD", KEYS[2])
local most = tonumber(ARGV[7])
local allowed = field("allowed")
if allowed then most = math.min(most, allowed + math.floor((now - field("halvedMs")) / 60000)) end

local since, claims = now, 0
local waiting = redis.call("HGETALL", KEYS[3])
for index = 1, #waiting, 2 do
  local claim = cjson.decode(waiting[index + 1])
  if claim.untilMs <= now then
    redis.call("HDEL", KEYS[3], waiting[index])
  elseif waiting[index] == process then
    if claim.rank == rank then since = claim.sinceMs end
  end
end
for index = 1, #waiting, 2 do
  local claim = cjson.decode(waiting[index + 1])
  local isEarlier = claim.rank < rank or claim.rank == rank and claim.sinceMs < since
  if waiting[index] ~= process and claim.untilMs > now and isEarlier then claims = claims + 1 end
end

local isNearReserve = used > 0 and room <= used * (field("heaviest") or 1)
if most - used <= claims or isNearReserve or waitUntil > 0 and used > 0 then
  redis.call("HSET", KEYS[3], process, cjson.encode({rank = rank, sinceMs = since, untilMs = now + 1000}))
  redis.call("PEXPIRE", KEYS[3], 60000)
  return pack("wait")
end
redis.call("HDEL", KEYS[3], process)
redis.call("ZADD", KEYS[2], now + ARGV[8], ARGV[6])
redis.call("PEXPIRE", KEYS[2], ARGV[8])
if waitUntil > 0 then redis.call("HSET", KEYS[1], "lookedMs", now) end
return pack("go", now, field("day") or 0, remaining or false)`;

/**
 * Gives a place back and records what the answer said. Remaining only falls within a day, so a request whose answer tells clearly
 * more than was known when it was sent was answered on a new day, and one that was sent before a new day and does not is of the old one.
 * KEYS credits, places, waiting · ARGV[4…] place, process, channel, purpose, asked ms, day, remaining when asked, weight,
 * remaining, refused, retry after ms, concurrency ("" each: not known)
 */
export const GIVE = `${KNOWN}
local NOISE = 300
redis.call("ZREM", KEYS[2], ARGV[4])
if redis.call("HLEN", KEYS[3]) > redis.call("HEXISTS", KEYS[3], ARGV[5]) then redis.call("PUBLISH", ARGV[6], "") end

local day, left, weight = field("day") or 0, tonumber(ARGV[12]), tonumber(ARGV[11]) or 0
if left then
  local before = tonumber(ARGV[10])
  local isRise = before ~= nil and left > before + NOISE
  local isOld = tonumber(ARGV[9]) ~= day and not isRise
  if isRise and tonumber(ARGV[9]) == day then
    redis.call("DEL", KEYS[1] .. ":spent")
    redis.call("HDEL", KEYS[1], "remaining", "highest", "heaviest", "stopUntilMs")
    redis.call("HSET", KEYS[1], "day", day + 1)
  end
  if not isOld then
    redis.call("HSET", KEYS[1], "remaining", math.min(left, field("remaining") or left), "lookedMs", now,
      "highest", math.max(left + weight, field("highest") or 0))
  end
end
if weight > 0 then
  redis.call("HINCRBY", KEYS[1] .. ":spent", ARGV[7], weight)
  redis.call("HSET", KEYS[1], "heaviest", math.max(weight, field("heaviest") or 0))
end

if ARGV[13] == "day" then
  redis.call("HSET", KEYS[1], "stopUntilMs", now + (tonumber(ARGV[14]) or PROBE_MS))
elseif ARGV[13] == "concurrency" and tonumber(ARGV[8]) >= (field("halvedMs") or 0) then
  -- Requests that were under way at the last halving do not halve again.
  local most = tonumber(ARGV[15])
  if field("allowed") then most = math.min(most, field("allowed") + math.floor((now - field("halvedMs")) / 60000)) end
  redis.call("HSET", KEYS[1], "allowed", math.max(1, math.floor(most / 2)), "halvedMs", now)
end
redis.call("PEXPIRE", KEYS[1], 172800000)
redis.call("PEXPIRE", KEYS[1] .. ":spent", 172800000)`;

/** What is known now, as a JSON array: remaining or false, limit or false, ms until which all or all but live waits or false. KEYS credits */
export const KNOWN_CREDITS = `${KNOWN}
local untilMs = math.max(waitUntil, stopUntil)
return pack(remaining or false, limit or false, untilMs > now and untilMs or false)`;
