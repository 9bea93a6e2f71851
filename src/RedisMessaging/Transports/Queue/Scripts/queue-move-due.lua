#!lua flags=allow-oom
-- Moves to the end of the queue what is due: messages that come again first, since they are older.
-- @requires due, attempt-prefix
-- @keys queue, scheduled, scheduledMessages, retries, retryMessages, attempts?
-- KEYS: queue, scheduled, the scheduled messages, retries, their messages; the attempts of a shared queue
-- Returns: as due.lua says

local function put(message)
  redis.call('LPUSH', KEYS[1], message)
end

move(KEYS[4], KEYS[5], KEYS[6] and function(value)
  local prefix, message = split(value)
  put_back('LPUSH', KEYS[1], KEYS[6], prefix, message)
end or put)
move(KEYS[2], KEYS[3], put)
look(KEYS[4])
look(KEYS[2])
return result()
