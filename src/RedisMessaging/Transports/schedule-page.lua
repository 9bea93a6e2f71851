#!lua flags=allow-oom
-- A page of what is scheduled, in the order in which it is due.
-- KEYS: scheduled, the scheduled messages
-- ARGV: how many; then, for a page that is not the first, when the last one of the page before is due, in ms, and its id
-- Returns: for each its id, when it is due, the message

local start = 0
if #ARGV == 3 then
  -- Where it stands, or stood: it may have been moved since, and many may be due at the same time.
  local score = redis.call('ZSCORE', KEYS[1], ARGV[3])
  if score ~= ARGV[2] then redis.call('ZADD', KEYS[1], ARGV[2], ARGV[3]) end
  start = redis.call('ZRANK', KEYS[1], ARGV[3])
  if score == ARGV[2] then
    start = start + 1
  elseif score then
    -- Somebody published the id anew, for another time.
    redis.call('ZADD', KEYS[1], score, ARGV[3])
  else
    redis.call('ZREM', KEYS[1], ARGV[3])
  end
end

local page = redis.call('ZRANGE', KEYS[1], start, start + ARGV[1] - 1, 'WITHSCORES')
local result = {}
for i = 1, #page, 2 do
  local message = redis.call('HGET', KEYS[2], page[i])
  if message then
    result[#result + 1] = page[i]
    result[#result + 1] = page[i + 1]
    result[#result + 1] = message
  end
end
return result
