-- Messages that wait until they are due: their names in a sorted set, by when that is, in ms since 1970 by the server's clock, the messages
-- themselves in a hash.
-- @requires time

-- When the first of them is due, as text; nothing when none waits. Ask before another one is added.
local function first_due(due)
  return redis.call('ZRANGE', due, 0, 0, 'WITHSCORES')[2]
end

-- Wakes those who wait for the next one, in whatever process, when it is due before all else. The signal needs no more than one entry: it
-- says only that there is a look to take. A signal that can't be given costs time, never a message.
local function signal_if_first(signal, first, at)
  if not first or at < tonumber(first) then redis.pcall('XADD', signal, 'MAXLEN', 1, '*', 'due', integer(at)) end
end

-- Keeps a message for another attempt. The name comes first: without its message it does no harm, while a message without a name would
-- never be due.
local function keep_until_due(due, messages, signal, name, delay, message)
  local at = now_ms() + delay
  local first = first_due(due)
  redis.call('ZADD', due, integer(at), name)
  redis.call('HSET', messages, name, message)
  signal_if_first(signal, first, at)
end
