#!lua flags=allow-oom
-- Destroys the group of a broadcast name that nobody has had for too long, with what belongs to it.
-- @requires time, refusals
-- @keys stream, broadcasts, holder, retry, starts, settledUpTo, retries, retryMessages, seen
-- @args group, maxAge
-- KEYS: stream, broadcasts, holder, retry stream, starts, up to where all is settled, retries, their messages, when groups were seen
-- ARGV: group, for how many ms it is remembered
-- Returns: 1 when it was destroyed

local now = now_ms()
local seen = redis.call('ZSCORE', KEYS[2], ARGV[1])
if not seen then
  -- Nobody knows since when: it counts from now on.
  redis.call('ZADD', KEYS[2], integer(now), ARGV[1])
  return 0
end
if now - tonumber(seen) <= tonumber(ARGV[2]) or redis.call('EXISTS', KEYS[3]) == 1 then return 0 end
-- Fails here and not behind the group where that holds something else.
redis.call('HGET', KEYS[9], ARGV[1])
require_right('ZREM', KEYS[2], ARGV[1])
require_right('DEL', KEYS[4])
require_right('HDEL', KEYS[9], ARGV[1])
if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('XGROUP', 'DESTROY', KEYS[1], ARGV[1]) end
redis.call('DEL', KEYS[4], KEYS[5], KEYS[6], KEYS[7], KEYS[8])
redis.call('HDEL', KEYS[9], ARGV[1])
-- Last: what is not remembered would never be looked at again.
redis.call('ZREM', KEYS[2], ARGV[1])
return 1
