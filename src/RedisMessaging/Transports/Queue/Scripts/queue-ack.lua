-- KEYS claims, inbox   ARGV window in ms, then claim number and message id ('': not to be remembered) for each
-- Acks with an inbox: a message that is ours is remembered and gone, or neither.
require_right('HDEL', KEYS[1], ARGV[2])
local now = now_ms()
local owned = 0
for i = 2, #ARGV, 2 do
  if redis.call('HEXISTS', KEYS[1], ARGV[i]) == 1 then
    if ARGV[i + 1] ~= '' then redis.call('ZADD', KEYS[2], now, ARGV[i + 1]) end
    redis.call('HDEL', KEYS[1], ARGV[i])
    owned = owned + 1
  end
end
-- Ids of the past go a hundred at a time: as many as a batch can bring.
local past = redis.pcall('ZRANGE', KEYS[2], '-inf', now - ARGV[1], 'BYSCORE', 'LIMIT', 0, 100)
if #past > 0 then redis.pcall('ZREM', KEYS[2], unpack(past)) end
return owned
