#!lua flags=allow-oom
-- Renews the consumer's lease and moves messages into its claims: first what BLMOVE popped for it, then what waits.
-- @requires time, refusals, attempt-prefix
-- @keys queue, claims, blockedPops, consumers, batches, newBatch, attempts?
-- @args consumer, firstClaim, count, minBatch, isSeen, maxBytes
-- KEYS: queue, claims, what BLMOVE popped, consumers, the claimed batches, list of a new batch; the attempts of a shared queue
-- ARGV: consumer, first claim number, how many, from how many on they become a batch, 1 when what BLMOVE popped was seen: one message,
--   which is handed out already as the first of these claims; how many bytes they may have together, save for a single one that is larger
-- Returns: 1 when the consumer was not registered, what was moved, or how many when they became a batch, and 1 when there is more that was
--   too large for now; nothing when something else was popped than what was seen

local now = now_ms()

-- Behind all that is read, which can be refused.
local function renew()
  return redis.call('ZADD', KEYS[4], now, ARGV[1])
end

local wanted, room = tonumber(ARGV[3]), tonumber(ARGV[6])
local seen = ARGV[5] == '1'
local popped = redis.call('LLEN', KEYS[3])
if seen and popped ~= 1 then return {renew()} end
require_right('LTRIM', KEYS[1], 0, 0)

-- Reads the oldest of a list, some at a time: large ones are not read into here before it is known that they are.
local taken, more = {}, 0
local function take(list, length)
  local first, step = #taken, 16
  local most = math.min(length, wanted - first)
  local read = 0
  while read < most and more == 0 do
    local count = math.min(step, most - read)
    local some = redis.call('LRANGE', list, -(read + count), -(read + 1))
    for i = #some, 1, -1 do
      if #taken > 0 and #some[i] > room then
        more = 1
        break
      end
      room = room - #some[i]
      taken[#taken + 1] = some[i]
    end
    read = read + count
    step = step * 2
  end
  return #taken - first
end

-- The oldest of them, and the newest: a list tells the size of none without handing it out.
local function fitting(length, count)
  if count <= 1 then return count end
  local largest = math.max(#redis.call('LINDEX', KEYS[1], -1), #redis.call('LINDEX', KEYS[1], length - count), 1)
  return math.max(1, math.min(count, math.floor(room / largest)))
end

local popped_taken, waiting_taken = popped > 0 and take(KEYS[3], popped) or 0, 0
if popped_taken < wanted and more == 0 then
  local waiting = redis.call('LLEN', KEYS[1])
  local count = math.min(waiting, wanted)
  if popped_taken == 0 and count > 0 and count >= tonumber(ARGV[4]) then
    local fits = fitting(waiting, count)
    local is_new = renew()
    -- Its note first: without its list it is an empty batch.
    redis.call('HSET', KEYS[5], ARGV[2], fits)
    -- BY a constant sorts nothing, and STORE copies a range of the list without sending it anywhere.
    redis.call('SORT', KEYS[1], 'BY', 'nosort', 'LIMIT', waiting - fits, fits, 'STORE', KEYS[6])
    redis.call('LTRIM', KEYS[1], 0, -fits - 1)
    return {is_new, fits, fits < count and 1 or 0}
  end
  if count > 0 then waiting_taken = take(KEYS[1], waiting) end
end
if #taken == 0 then return {renew(), taken, more} end

local messages, drop_prefixes = taken, nil
if KEYS[7] then messages, drop_prefixes = with_prefixes(KEYS[7], taken) end
local first = tonumber(ARGV[2])
local claims = {}
for i = 1, #messages do
  claims[2 * i - 1] = first + i - 1
  claims[2 * i] = messages[i]
end
local is_new = renew()
redis.call('HSET', KEYS[2], unpack(claims))
if popped_taken > 0 then redis.call('LTRIM', KEYS[3], 0, -(popped_taken + 1)) end
if waiting_taken > 0 then redis.call('LTRIM', KEYS[1], 0, -(waiting_taken + 1)) end
if drop_prefixes then drop_prefixes(KEYS[1]) end
if seen then messages[1] = '' end
return {is_new, messages, more}
