-- The attempts of a queue's messages. In claims a message has a prefix when it was handed out before (AttemptPrefix), and so it has in the
-- topic's own list. In a list that other programs use, too, nothing but messages may stand: there the prefixes wait in a hash beside it, by
-- the message's SHA-1, and in claims every message has one, since a message may look like a prefix. Messages that are equal can't be told
-- apart; which of them gets which prefix makes no difference.
-- @requires time

local first_attempt = 'rm~0\n'
-- A message that some other program took away leaves its prefix behind. Nothing is in flight for so long.
local stale = 3600 * 1000

-- The prefix in front of a message, '' for none, and the message.
local function split(value)
  local behind = string.match(value, '^rm[~!]%d+\n()')
  if behind then return string.sub(value, 1, behind - 1), string.sub(value, behind) end
  return '', value
end

-- The prefix of a message that a dead consumer may have started to handle: it keeps the count of its attempts.
local function suspect(prefix)
  return 'rm!' .. (string.match(prefix, '%d+') or '0') .. '\n'
end

-- Puts a message into the list; attempts is nil when the list is the topic's own. A prefix comes before its message: without it, it is one
-- that some other program took away.
local function put_back(side, list, attempts, prefix, message)
  if not attempts then
    redis.call(side, list, prefix .. message)
    return
  end
  if prefix ~= '' and prefix ~= first_attempt then
    local name = redis.sha1hex(message)
    redis.call('HSET', attempts, name, (redis.call('HGET', attempts, name) or '') .. prefix, 'at', integer(now_ms()))
  end
  redis.call(side, list, message)
end

-- Gives messages of a shared list their prefixes, for the claims. Returns them, and what takes their prefixes out of the hash once the
-- claims are there. A prefix that stays in the hash makes a message look redelivered, and loses none: what is refused here is ignored.
local function with_prefixes(attempts, messages)
  local any = redis.call('HLEN', attempts) > 0
  local left, result = {}, {}
  for i = 1, #messages do
    local prefix = first_attempt
    if any then
      local name = redis.sha1hex(messages[i])
      local first, rest = split(left[name] or redis.call('HGET', attempts, name) or '')
      if first ~= '' then prefix, left[name] = first, rest end
    end
    result[i] = prefix .. messages[i]
  end

  return result, any and function(list)
    for name, rest in pairs(left) do
      -- The claim has the prefix by now; no message goes anywhere in here.
      if rest == '' then redis.pcall('HDEL', attempts, name) else redis.pcall('HSET', attempts, name, rest) end
    end
    local at = redis.pcall('HGET', attempts, 'at')
    local is_stale = redis.pcall('LLEN', list) == 0 and type(at) == 'string' and now_ms() - at > stale
    if redis.pcall('HLEN', attempts) == 1 or is_stale then redis.pcall('DEL', attempts) end
  end
end
