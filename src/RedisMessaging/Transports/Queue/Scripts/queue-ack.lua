#!lua flags=allow-oom
-- Acks with an inbox: a message that is ours is remembered and gone, or neither.
-- @requires time, refusals, inbox
-- @keys claims, inbox
-- @args window, ...acks
-- KEYS: claims, inbox
-- ARGV: window in ms, then claim number and message id ('': not to be remembered) for each
-- Returns: how many were owned

require_right('HDEL', KEYS[1], ARGV[2])
local now = now_ms()
local owned = 0
for i = 2, #ARGV, 2 do
  if redis.call('HEXISTS', KEYS[1], ARGV[i]) == 1 then
    if ARGV[i + 1] ~= '' then remember_handled(KEYS[2], now, ARGV[i + 1]) end
    redis.call('HDEL', KEYS[1], ARGV[i])
    owned = owned + 1
  end
end
forget_older(KEYS[2], now - ARGV[1])
return owned
