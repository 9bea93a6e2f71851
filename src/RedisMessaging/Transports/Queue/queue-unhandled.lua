-- KEYS queue, consumers, scheduled, retries   ARGV start of the claims keys, start of the arrivals keys, start of the lots keys, start of the lots' lists, 1 to delete what is empty,
--   other keys to delete then
-- All keys share the topic's hash tag, so they are in one slot.
local count = redis.call('LLEN', KEYS[1]) + redis.call('ZCARD', KEYS[3]) + redis.call('ZCARD', KEYS[4])
local consumers = redis.call('ZRANGE', KEYS[2], 0, -1)
for i = 1, #consumers do
  count = count + redis.call('HLEN', ARGV[1] .. consumers[i]) + redis.call('LLEN', ARGV[2] .. consumers[i])
  local lots = redis.call('HKEYS', ARGV[3] .. consumers[i])
  for j = 1, #lots do count = count + left_in(ARGV[4] .. consumers[i] .. ':' .. lots[j]) end
end
if count == 0 and ARGV[5] == '1' then
  redis.call('DEL', KEYS[1], KEYS[2], unpack(ARGV, 6))
end
return count
