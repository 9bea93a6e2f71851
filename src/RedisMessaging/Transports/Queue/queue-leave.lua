#!lua flags=allow-oom
-- KEYS queue, claims, arrivals, consumers   ARGV consumer, 1 when nothing of it can be parked on the server any more
-- A consumer that stops gives back what it has not handed out, in the old order.
local arrivals = redis.call('LRANGE', KEYS[3], 0, -1)
for i = 1, #arrivals do
  redis.call('RPUSH', KEYS[1], arrivals[i])
end
local claims = redis.call('HGETALL', KEYS[2])
local order = {}
for i = 1, #claims, 2 do
  order[#order + 1] = {tonumber(claims[i]), claims[i + 1]}
end
table.sort(order, function(a, b) return a[1] > b[1] end)
for i = 1, #order do
  redis.call('RPUSH', KEYS[1], order[i][2])
end
redis.call('DEL', KEYS[2], KEYS[3])
if ARGV[2] == '1' then
  redis.call('ZREM', KEYS[4], ARGV[1])
end
return #arrivals + #order
