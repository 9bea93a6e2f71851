#!lua flags=allow-oom
-- KEYS claims, inbox   ARGV window in ms, then claim number and message id ('': not to be remembered) for each
-- Acks with an inbox: a message that is ours is gone and remembered, or neither.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
-- Ids of the past go a hundred at a time: as many as a batch can bring.
local past = redis.call('ZRANGE', KEYS[2], '-inf', now - ARGV[1], 'BYSCORE', 'LIMIT', 0, 100)
if #past > 0 then redis.call('ZREM', KEYS[2], unpack(past)) end
local owned = 0
for i = 2, #ARGV, 2 do
  if redis.call('HDEL', KEYS[1], ARGV[i]) == 1 then
    if ARGV[i + 1] ~= '' then redis.call('ZADD', KEYS[2], now, ARGV[i + 1]) end
    owned = owned + 1
  end
end
return owned
