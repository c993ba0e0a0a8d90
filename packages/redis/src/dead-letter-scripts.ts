/**
 * Common part: takes one letter out of every structure and moves its count in the ledger from `deadLettered` to `bucket` (with
 * "accepted", out of the ledger). Pulled rows (`pull:…`) are outside the ledger: beside it, they are counted by table.
 * KEYS index, heads, bodies, ledger, bytes · ARGV[1] prefix of the keys that index one event name
 */
const TAKE_OUT = `
local function isPulled(id) return string.sub(id, 1, 5) == "pull:" end
local function takeOut(id, bucket)
  local text = redis.call("HGET", KEYS[2], id)
  if not text then return false end
  local head = cjson.decode(text)
  redis.call("ZREM", KEYS[1], head.at)
  redis.call("HDEL", KEYS[2], id)
  redis.call("HDEL", KEYS[3], id)
  redis.call("DECRBY", KEYS[5], head.size + #text)
  if head.name then redis.call("ZREM", ARGV[1] .. head.name, head.at) end
  if isPulled(id) then
    redis.call("HINCRBY", KEYS[4], "refused:" .. head.table, -1)
    return true
  end
  redis.call("HINCRBY", KEYS[4], "deadLettered", -head.events)
  redis.call("HINCRBY", KEYS[4], bucket, bucket == "accepted" and -head.events or head.events)
  return true
end
local function idOf(member) return string.sub(member, string.find(member, "|", 1, true) + 1) end
`;

/**
 * Stores a letter unless its id is there (then only more attempts are kept), then pushes out the oldest: of its event name when that is capped, and of all when they
 * weigh too much together.
 * ARGV[2…] id, head (JSON), body, letters kept of one name, bytes kept
 */
export const ADD = `${TAKE_OUT}
local id, head = ARGV[2], cjson.decode(ARGV[3])
local known = redis.call("HGET", KEYS[2], id)
if known then
  if cjson.decode(known).attempts < head.attempts then
    redis.call("HSET", KEYS[2], id, ARGV[3])
    redis.call("INCRBY", KEYS[5], #ARGV[3] - #known)
  end
  return 0
end
redis.call("HSET", KEYS[2], id, ARGV[3])
if isPulled(id) then redis.call("HINCRBY", KEYS[4], "refused:" .. head.table, 1) end
redis.call("HSET", KEYS[3], id, ARGV[4])
redis.call("ZADD", KEYS[1], 0, head.at)
redis.call("INCRBY", KEYS[5], head.size + #ARGV[3])
if head.name then
  local key = ARGV[1] .. head.name
  redis.call("ZADD", key, 0, head.at)
  if redis.call("ZCARD", key) > tonumber(ARGV[5]) then takeOut(idOf(redis.call("ZRANGE", key, 0, 0)[1]), "filtered") end
end
while tonumber(redis.call("GET", KEYS[5])) > tonumber(ARGV[6]) and redis.call("ZCARD", KEYS[1]) > 1 do
  takeOut(idOf(redis.call("ZRANGE", KEYS[1], 0, 0)[1]), "filtered")
end
return 1`;

/** Takes one letter out. ARGV[2…] id, bucket */
export const REMOVE = `${TAKE_OUT}
return takeOut(ARGV[2], ARGV[3]) and 1 or 0`;

/** Takes out letters received before a time, at most a thousand. ARGV[2] the first `at` to keep */
export const EXPIRE = `${TAKE_OUT}
local members = redis.call("ZRANGEBYLEX", KEYS[1], "-", "(" .. ARGV[2], "LIMIT", 0, 1000)
for _, member in ipairs(members) do takeOut(idOf(member), "filtered") end
return #members`;
