/** What a request may cost before a dearer one was seen: a list or search at a low offset (facts 2.9). */
export const DEFAULT_WEIGHT = 3;

/** How long a slot stands that is not given back: longer than any request lasts (its deadline is 30 s). */
export const SLOT_MS = 40_000;

/**
 * Common part of all scripts of one organization's throttle.
 *
 * `slots` holds the requests in flight, each with the time at which its place is given up for dead; `waiting` those that wait,
 * ordered by class and then by arrival; `alive` until when a waiting one is believed to be there; `state` what is known of the
 * day's credits and of the limit. `admit` is the only place where a request gets its slot.
 *
 * KEYS slots, waiting, alive, state
 * ARGV[1] now in ms or "" for Redis's own clock, [2] concurrency, [3] reserve, [4] the day's credits or "", [5] channel, [6] id
 */
const COMMON = `
local SLOT_MS, ALIVE_MS, PROBE_MS, MINUTE_MS = ${SLOT_MS}, 2000, 900000, 60000
local CLASS, DEFAULT_WEIGHT = 1e14, ${DEFAULT_WEIGHT}
local slots, waiting, alive, stateKey = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local time = redis.call("TIME")
local now = tonumber(ARGV[1]) or time[1] * 1000 + math.floor(time[2] / 1000)
local id = ARGV[6]
local state = {}
local fields = redis.call("HGETALL", stateKey)
for index = 1, #fields, 2 do state[fields[index]] = tonumber(fields[index + 1]) end
local function set(name, value)
  state[name] = value
  redis.call("HSET", stateKey, name, string.format("%.0f", value))
end

local function limit()
  local most = tonumber(ARGV[2])
  if not state.ceiling then return most end
  return math.min(most, state.ceiling + math.floor((now - state.ceilingAt) / MINUTE_MS))
end
local function dayLimit() return tonumber(ARGV[4]) or state.highest end
local function isStopped(class) return class > 0 and (state.stoppedUntil or 0) > now end

-- Whether the credits allow one more request beside those in flight whose cost is not known yet.
local function isAffordable(used)
  if not state.remaining or not dayLimit() then return used == 0 or state.answered ~= nil end
  return state.remaining - (state.heaviest or DEFAULT_WEIGHT) * (used + 1) >= tonumber(ARGV[3]) * dayLimit()
end

local function forget(gone) redis.call("ZREM", waiting, gone) redis.call("ZREM", alive, gone) end

local function admit()
  for _, dead in ipairs(redis.call("ZRANGEBYSCORE", alive, "-inf", now)) do forget(dead) end
  redis.call("ZREMRANGEBYSCORE", slots, "-inf", now)
  local used = redis.call("ZCARD", slots)
  if used >= limit() then return end
  local first = redis.call("ZRANGE", waiting, 0, limit() - used - 1, "WITHSCORES")
  for index = 1, #first, 2 do
    if isStopped(math.floor(first[index + 1] / CLASS)) then return end
    if not isAffordable(used) then
      if isAffordable(0) or (state.probeAt or 0) > now then return end
      set("probeAt", now + PROBE_MS)
    end
    redis.call("ZADD", slots, now + SLOT_MS, first[index])
    forget(first[index])
    used = used + 1
    if first[index] ~= id then redis.call("PUBLISH", ARGV[5], first[index]) end
  end
end
`;

/**
 * Asks for a slot, or says again that one is waited for. Answers {"go"}; {"wait"}; {"stop", until in ms} when Zoho asked for
 * quiet; or {"reserve", until in ms, remaining, day limit} when the credits forbid it.
 * ARGV[7] class, 0 the most urgent
 */
export const ACQUIRE = `${COMMON}
local class = tonumber(ARGV[7])
if not redis.call("ZSCORE", slots, id) then
  redis.call("ZADD", waiting, "NX", class * CLASS + now, id)
  redis.call("ZADD", alive, now + ALIVE_MS, id)
  admit()
end
if redis.call("ZSCORE", slots, id) then return {"go"} end
local answer
if isStopped(class) then
  answer = {"stop", state.stoppedUntil}
elseif not isAffordable(0) and (state.probeAt or now) > now then
  answer = {"reserve", state.probeAt, state.remaining, dayLimit()}
else
  return {"wait"}
end
forget(id)
return answer`;

/**
 * Gives a slot (or a place in the queue) up and records what the answer said.
 * ARGV[7] purpose, [8] weight, [9] remaining, [10] refused "day" or "concurrency", [11] retry after in ms; "" where not said
 */
export const RELEASE = `${COMMON}
local purpose, weight, remaining, refused, retryAfter = ARGV[7], tonumber(ARGV[8]), tonumber(ARGV[9]), ARGV[10], tonumber(ARGV[11])
local untilMs = tonumber(redis.call("ZSCORE", slots, id))
local sentMs = untilMs and untilMs - SLOT_MS
local wasAffordable = isAffordable(0)
redis.call("ZREM", slots, id)
forget(id)

if weight then
  redis.call("HINCRBY", stateKey, "spent:" .. purpose, string.format("%.0f", math.ceil(weight)))
  if weight > (state.heaviest or DEFAULT_WEIGHT) then set("heaviest", weight) end
end
if refused == "day" and not remaining then remaining = 0 end

-- Answers overtake each other. Only a request sent after the last word on the credits can show that they rose; and one sent before
-- the day changed says nothing of the new day.
if remaining and sentMs and sentMs >= (state.dayAt or 0) then
  local isNewer = sentMs >= (state.remainingAt or 0)
  local before = remaining + (weight or 0)
  local rise = remaining - (state.remaining or remaining)
  if isNewer and rise > math.max(100, (state.highest or 0) / 100) then
    set("dayAt", now)
    set("highest", before)
    set("stoppedUntil", 0)
    for _, each in ipairs({"live", "heal", "reconcile", "pull"}) do redis.call("HDEL", stateKey, "spent:" .. each) end
  end
  if isNewer or rise <= 0 then
    set("remaining", remaining)
    set("remainingAt", now)
    set("probeAt", now + math.min(PROBE_MS, retryAfter or PROBE_MS))
    if before > (state.highest or -1) then set("highest", before) end
  end
end
if sentMs then set("answered", 1) end
-- Who waits is to learn at once that nothing is sent.
if wasAffordable and not isAffordable(0) then redis.call("PUBLISH", ARGV[5], "") end

if refused ~= "" then
  if retryAfter then
    set("stoppedUntil", now + retryAfter)
  elseif refused == "concurrency" and sentMs and sentMs >= (state.ceilingAt or 0) then
    local half = math.max(1, math.floor(limit() / 2))
    set("ceiling", half)
    set("ceilingAt", now)
  end
end
admit()`;

/** Gives up without an answer: a request that was never sent or whose answer never came. */
export const LEAVE = `${COMMON}
redis.call("ZREM", slots, id)
forget(id)
admit()`;
