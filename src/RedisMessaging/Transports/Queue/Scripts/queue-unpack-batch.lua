#!lua flags=allow-oom
-- Makes messages of a claimed batch claims like all others, for whatever is to become of them but an ack.
-- @requires refusals, claimed-batch
-- @keys claims, batches, list
-- @args firstClaim, ...messages
-- KEYS: claims, the batches, list of a batch
-- ARGV: first claim number of the batch, then claim number and index for each message; without any, all that is left of it

require_right('DEL', KEYS[3])
require_right('HDEL', KEYS[2], ARGV[1])
require_right('LSET', KEYS[3], 0, settled)
if #ARGV > 1 then
  for i = 2, #ARGV, 2 do
    local message = redis.call('LINDEX', KEYS[3], ARGV[i + 1])
    if message and message ~= settled then redis.call('HSET', KEYS[1], ARGV[i], message) end
  end
  for i = 2, #ARGV, 2 do
    -- Refused when there is nothing: a call that is repeated.
    redis.pcall('LSET', KEYS[3], ARGV[i + 1], settled)
  end
  drop_when_done(KEYS[2], KEYS[3], ARGV[1])
else
  local count = redis.call('HGET', KEYS[2], ARGV[1])
  local messages = redis.call('LRANGE', KEYS[3], 0, -1)
  for i = 1, #messages do
    if messages[i] ~= settled then redis.call('HSET', KEYS[1], ARGV[1] + count - i, messages[i]) end
  end
  redis.call('DEL', KEYS[3])
  redis.call('HDEL', KEYS[2], ARGV[1])
end
return 1
