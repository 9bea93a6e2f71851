#!lua flags=allow-oom
-- KEYS claims, consumers   ARGV consumer, then claim numbers
-- The lease is the consumer's: one heartbeat renews all of its claims. The count tells how many are still its own.
-- Returns the count, and 1 when the consumer was not registered.
local time = redis.call('TIME')
local anew = redis.call('ZADD', KEYS[2], time[1] * 1000 + math.floor(time[2] / 1000), ARGV[1])
local owned = 0
for i = 2, #ARGV do
  owned = owned + redis.call('HEXISTS', KEYS[1], ARGV[i])
end
return {owned, anew}
