#!lua flags=allow-oom
-- What the scripts share that hold a message back for another attempt.

-- Keeps a message until it is due: its name in a sorted set, by when that is, in ms since 1970 by the server's clock, the message itself in a hash. The name comes first: without its message
-- it does no harm, while a message without a name would never be due. What is due before all else rings the bell, for those who wait for the next one in other processes; a bell that can't be
-- rung costs time, never a message.
local function keep(due, messages, bell, name, delay, message)
  local at = integer(now_ms() + delay)
  local first = redis.call('ZRANGE', due, 0, 0, 'WITHSCORES')[2]
  redis.call('ZADD', due, at, name)
  redis.call('HSET', messages, name, message)
  if not first or tonumber(at) < tonumber(first) then redis.pcall('XADD', bell, 'MAXLEN', 1, '*', 'due', at) end
end

