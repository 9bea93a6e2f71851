#!lua flags=allow-oom
-- What the scripts share that move what is due. A call moves a hundred messages at the most, and few when they are large: the server does nothing else meanwhile.

local most_messages, most_bytes = 100, 4 * 1024 * 1024
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local moved, bytes = 0, 0

local function move(due, messages, put)
  if moved == most_messages or bytes >= most_bytes then return end
  for _, name in ipairs(redis.call('ZRANGEBYSCORE', due, '-inf', now, 'LIMIT', 0, most_messages - moved)) do
    local message = redis.call('HGET', messages, name)
    redis.call('ZREM', due, name)
    -- Without one somebody else deleted it.
    if message then
      put(message)
      redis.call('HDEL', messages, name)
      bytes = bytes + #message
    end
    moved = moved + 1
    if bytes >= most_bytes then return end
  end
end

local earliest

local function look(due)
  local first = redis.call('ZRANGE', due, 0, 0, 'WITHSCORES')[2]
  if first and (not earliest or tonumber(first) < earliest) then earliest = tonumber(first) end
end

-- How many were moved, and how many ms it is until the next is due: 0 when it is, -1 when there is none.
local function result()
  return { moved, earliest and math.max(0, earliest - now) or -1 }
end

