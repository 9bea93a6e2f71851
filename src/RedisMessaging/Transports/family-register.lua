-- Registers members of a family, in their order; those that are registered stay where they are.
-- KEYS: the members, the bell
-- ARGV: names
-- Returns: how many are new

local last = tonumber(redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')[2]) or 0
local time = redis.call('TIME')
-- By the time, so that a number is not used again when the last member was removed, or the registry lost.
local now = time[1] * 1000000 + time[2]
local position = math.max(last + 1, now)
local added = 0
for i = 1, #ARGV do
  if not redis.call('ZSCORE', KEYS[1], ARGV[i]) then
    redis.call('ZADD', KEYS[1], string.format('%.0f', position + added), ARGV[i])
    added = added + 1
  end
end
if added > 0 then redis.call('XADD', KEYS[2], 'MAXLEN', 1, '*', 'n', added) end
return added
