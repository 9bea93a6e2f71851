#!lua
-- Registers members of a family, in their order; those that are registered stay where they are.
-- @requires time
-- @keys members, signal
-- @args ...names
-- KEYS: the members, the signal
-- ARGV: names
-- Returns: how many are new

local added = {}
for i = 1, #ARGV do
  if not redis.call('ZSCORE', KEYS[1], ARGV[i]) and not added[ARGV[i]] then
    added[#added + 1] = ARGV[i]
    added[ARGV[i]] = true
  end
end
if #added == 0 then return 0 end

-- Before they are registered: refused behind that, no consumer would learn of them.
redis.call('XADD', KEYS[2], 'MAXLEN', 1, '*', 'n', #added)
local last = tonumber(redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')[2]) or 0
-- By the time, so that a number is not used again when the last member was removed, or the registry lost.
local position = math.max(last + 1, now_us())
for i = 1, #added do redis.call('ZADD', KEYS[1], integer(position + i - 1), added[i]) end
return #added
