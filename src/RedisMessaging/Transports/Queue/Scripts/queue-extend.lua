#!lua flags=allow-oom
-- KEYS claims, consumers, then the list of each lot   ARGV consumer, for each lot how many of its messages are asked for, then claim numbers of the others
-- The lease is the consumer's: one heartbeat renews all of its claims. The count tells how many are still its own.
-- Returns the count, and 1 when the consumer was not registered.
local time = redis.call('TIME')
local anew = redis.call('ZADD', KEYS[2], time[1] * 1000 + math.floor(time[2] / 1000), ARGV[1])
local owned = 0
local lots = #KEYS - 2
for i = 1, lots do
  if redis.call('LLEN', KEYS[2 + i]) > 0 then owned = owned + ARGV[1 + i] end
end
for i = 2 + lots, #ARGV do
  owned = owned + redis.call('HEXISTS', KEYS[1], ARGV[i])
end
return {owned, anew}
