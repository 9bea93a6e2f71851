#!lua flags=allow-oom
-- Drops dead letters that are too many or too old, by the server's clock.
-- @requires time
-- @keys deadLetters, index?
-- @args limit, maxAge
-- KEYS: dead letters; where one message becomes a dead letter only once, the index of which are there
-- ARGV: how many may stay, for how many ms they may stay (0: for ever)
-- Returns: how many were dropped

local limit, age = tonumber(ARGV[1]), tonumber(ARGV[2])
local oldest = integer(now_ms() - age)
local forgotten = {}

local function forget(entries)
  for _, entry in ipairs(entries) do
    for i = 1, #entry[2], 2 do
      if entry[2][i] == 'once' then forgotten[#forgotten + 1] = entry[2][i + 1] end
    end
  end
end

if KEYS[2] then
  local excess = redis.call('XLEN', KEYS[1]) - limit
  if excess > 0 then forget(redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', excess)) end
  if age > 0 then forget(redis.call('XRANGE', KEYS[1], '-', '(' .. oldest)) end
end

local dropped = redis.call('XTRIM', KEYS[1], 'MAXLEN', '=', limit)
if age > 0 then dropped = dropped + redis.call('XTRIM', KEYS[1], 'MINID', '=', oldest) end
for _, once in ipairs(forgotten) do redis.call('HDEL', KEYS[2], once) end
return dropped
