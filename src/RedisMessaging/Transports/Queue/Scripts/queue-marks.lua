#!lua flags=allow-oom
-- What the scripts share that hand messages out and put them back. In claims a message has a mark in front of it when it was handed out before (QueueMark), and so it has
-- in the topic's own list. In a list that other programs use, too, nothing but messages may stand: there the marks wait in a hash beside it, by the message's SHA-1, and
-- in claims every message has one, since a message may look like a mark. Messages that are equal can't be told apart; which of them gets which mark is all the same.

local unmarked = 'rm~0\n'
-- A message that some other program took away leaves its mark behind. Nothing is in flight for so long.
local stale = 3600 * 1000

-- The mark in front of a message, '' for none, and the message.
local function split(value)
  local behind = string.match(value, '^rm[~!]%d+\n()')
  if behind then return string.sub(value, 1, behind - 1), string.sub(value, behind) end
  return '', value
end

-- Puts a message into the list; marks is nil when the list is the topic's own. A mark comes before its message: without it, it is one that some other program took away.
local function put_back(side, list, marks, mark, message)
  if not marks then
    redis.call(side, list, mark .. message)
    return
  end
  if mark ~= '' and mark ~= unmarked then
    local name = redis.sha1hex(message)
    redis.call('HSET', marks, name, (redis.call('HGET', marks, name) or '') .. mark, 'at', integer(now_ms()))
  end
  redis.call(side, list, message)
end

-- Marks messages of a shared list, for the claims. Returns them, and what takes their marks out of the hash once the claims are there.
-- A mark that stays in the hash makes a message look redelivered, and loses none: what is refused here is ignored.
local function marked(marks, messages)
  local any = redis.call('HLEN', marks) > 0
  local left, result = {}, {}
  for i = 1, #messages do
    local mark = unmarked
    if any then
      local name = redis.sha1hex(messages[i])
      local all = left[name] or redis.call('HGET', marks, name) or ''
      local first, rest = string.match(all, '^(rm[~!]%d+\n)(.*)$')
      if first then mark, left[name] = first, rest end
    end
    result[i] = mark .. messages[i]
  end

  return result, any and function(list)
    for name, rest in pairs(left) do
      -- The claim has the mark by now; no message goes anywhere in here.
      if rest == '' then redis.pcall('HDEL', marks, name) else redis.pcall('HSET', marks, name, rest) end
    end
    local at = redis.pcall('HGET', marks, 'at')
    local is_stale = redis.pcall('LLEN', list) == 0 and type(at) == 'string' and now_ms() - at > stale
    if redis.pcall('HLEN', marks) == 1 or is_stale then redis.pcall('DEL', marks) end
  end
end

