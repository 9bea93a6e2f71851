#!lua flags=allow-oom
-- Renews a consumer's lease. The lease is the consumer's: one heartbeat renews all of its claims. The count tells how many are still its
-- own.
-- @requires time
-- @keys claims, consumers, ...lists
-- @args consumer, ...claimed
-- KEYS: claims, consumers, then the list of each claimed batch
-- ARGV: consumer, for each batch how many of its messages are asked for, then claim numbers of the others
-- Returns: the count, and 1 when the consumer was not registered

local is_new = redis.call('ZADD', KEYS[2], now_ms(), ARGV[1])
local owned = 0
local lists = #KEYS - 2
for i = 1, lists do
  if redis.call('LLEN', KEYS[2 + i]) > 0 then owned = owned + ARGV[1 + i] end
end
for i = 2 + lists, #ARGV do
  owned = owned + redis.call('HEXISTS', KEYS[1], ARGV[i])
end
return {owned, is_new}
