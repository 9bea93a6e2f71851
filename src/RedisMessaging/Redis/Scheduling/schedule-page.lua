#!lua flags=no-writes
-- A page of what is scheduled, in the order in which it is due.
-- @keys scheduled, messages
-- @args count, maxBytes, ...after
-- KEYS: scheduled, the scheduled messages
-- ARGV: how many, how many bytes they may have together, save for a single one that is larger; then, for a page that is not the first, when
--   the last one of the page before is due, in ms, and its id
-- Returns: 1 when that is all of them, or as many as were asked for; then for each its id, when it is due, the message

-- Redis orders equal scores by the bytes of their names.
local function follows(name, other)
  for i = 1, math.min(#name, #other) do
    local byte, other_byte = string.byte(name, i), string.byte(other, i)
    if byte ~= other_byte then return byte > other_byte end
  end
  return #name > #other
end

-- How many are due before a time, or '(' and a time: up to and with it.
local function rank(from)
  local first = redis.call('ZRANGEBYSCORE', KEYS[1], from, '+inf', 'LIMIT', 0, 1)[1]
  return first and redis.call('ZRANK', KEYS[1], first) or redis.call('ZCARD', KEYS[1])
end

local start = 0
if #ARGV == 4 then
  if redis.call('ZSCORE', KEYS[1], ARGV[4]) == ARGV[3] then
    start = redis.call('ZRANK', KEYS[1], ARGV[4]) + 1
  else
    -- It has been moved since, and many may be due at the same time: the first of them that stands behind it.
    start = rank(ARGV[3])
    local past = rank('(' .. ARGV[3])
    while start < past do
      local middle = math.floor((start + past) / 2)
      if follows(redis.call('ZRANGE', KEYS[1], middle, middle)[1], ARGV[4]) then past = middle else start = middle + 1 end
    end
  end
end

local page = redis.call('ZRANGE', KEYS[1], start, start + ARGV[1] - 1, 'WITHSCORES')
local result, room = { 1 }, tonumber(ARGV[2])
for i = 1, #page, 2 do
  local message = redis.call('HGET', KEYS[2], page[i])
  if message then
    if #result > 1 and #message > room then
      result[1] = 0
      break
    end
    room = room - #message
    result[#result + 1] = page[i]
    result[#result + 1] = page[i + 1]
    result[#result + 1] = message
  end
end
return result
