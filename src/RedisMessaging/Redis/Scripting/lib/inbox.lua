-- Ids that are remembered for a while: a sorted set by when each came, in ms since 1970 by the server's clock.

-- Remembers that a message was handled. Returns whether its id is new.
local function remember_handled(inbox, now, id)
  return redis.call('ZADD', inbox, now, id) == 1
end

-- Ids of the past go a hundred at a time: more than a call brings. Those that stay are past all the same.
local function forget_older(ids, oldest)
  local past = redis.pcall('ZRANGE', ids, '-inf', oldest, 'BYSCORE', 'LIMIT', 0, 100)
  if #past > 0 then redis.pcall('ZREM', ids, unpack(past)) end
end
