#!lua flags=allow-oom
-- A page of what is scheduled, in the order in which it is due.
-- KEYS: scheduled, the scheduled messages
-- ARGV: how many, how many bytes they may have together, save for a single one that is larger; then, for a page that is not the first, when the last one of the page before is due, in ms, and its id
-- Returns: 1 when that is all of them, or as many as were asked for; then for each its id, when it is due, the message

local start = 0
if #ARGV == 4 then
  -- Where it stands, or stood: it may have been moved since, and many may be due at the same time.
  local score = redis.call('ZSCORE', KEYS[1], ARGV[4])
  if score ~= ARGV[3] then redis.call('ZADD', KEYS[1], ARGV[3], ARGV[4]) end
  start = redis.call('ZRANK', KEYS[1], ARGV[4])
  if score == ARGV[3] then
    start = start + 1
  elseif score then
    -- Somebody published the id anew, for another time.
    redis.call('ZADD', KEYS[1], score, ARGV[4])
  else
    redis.call('ZREM', KEYS[1], ARGV[4])
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
