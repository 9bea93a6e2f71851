#!lua flags=allow-oom
-- What the scripts share that hand messages out and put them back. In claims a message has a mark in front of it when it was handed out before (QueueMark), and so it has
-- in the topic's own list. In a list that other programs use, too, nothing but messages may stand: there the marks wait in a hash beside it, by the message's SHA-1, and
-- in claims every message has one, since a message may look like a mark. Messages that are equal can't be told apart; which of them gets which mark is all the same.

local unmarked = 'rm~0\n'
-- A message that some other program took away leaves its mark behind. Nothing is in flight for so long.
local stale = 3600 * 1000

local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- The mark in front of a message, '' for none, and the message.
local function split(value)
  local behind = string.match(value, '^rm[~!]%d+\n()')
  if behind then return string.sub(value, 1, behind - 1), string.sub(value, behind) end
  return '', value
end

-- Puts a message into the list; marks is nil when the list is the topic's own.
local function put_back(side, list, marks, mark, message)
  if not marks then return redis.call(side, list, mark .. message) end
  redis.call(side, list, message)
  if mark ~= '' and mark ~= unmarked then
    local name = redis.sha1hex(message)
    redis.call('HSET', marks, name, (redis.call('HGET', marks, name) or '') .. mark, 'at', string.format('%.0f', now_ms()))
  end
end

-- The mark of a message that was taken from a shared list.
local function take_mark(marks, message)
  local name = redis.sha1hex(message)
  local all = redis.call('HGET', marks, name)
  if not all then return unmarked end
  local first, rest = string.match(all, '^(rm[~!]%d+\n)(.*)$')
  if rest ~= '' then
    redis.call('HSET', marks, name, rest)
  else
    redis.call('HDEL', marks, name)
    if redis.call('HLEN', marks) == 1 then redis.call('DEL', marks) end
  end
  return first
end

-- Marks messages that were taken from a shared list, for the claims.
local function mark_all(marks, list, messages)
  local any = redis.call('HLEN', marks) > 0
  for i = 1, #messages do
    messages[i] = (any and take_mark(marks, messages[i]) or unmarked) .. messages[i]
  end
  if any and redis.call('LLEN', list) == 0 and now_ms() - (redis.call('HGET', marks, 'at') or now_ms()) > stale then redis.call('DEL', marks) end
end

