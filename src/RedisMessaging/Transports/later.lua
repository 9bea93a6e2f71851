#!lua flags=allow-oom
-- What the scripts share that hold a message back for another attempt.

-- Keeps a message until it is due: its name in a sorted set, by when that is, in ms since 1970 by the server's clock, the message itself in a hash. What is due before
-- all else rings the bell, for those who wait for the next one in other processes; a bell that can't be rung costs time, never a message.
local function keep(due, messages, bell, name, delay, message)
  local time = redis.call('TIME')
  local at = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000) + delay)
  redis.call('HSET', messages, name, message)
  redis.call('ZADD', due, at, name)
  if redis.call('ZRANGE', due, 0, 0)[1] == name then redis.pcall('XADD', bell, 'MAXLEN', 1, '*', 'due', at) end
end

