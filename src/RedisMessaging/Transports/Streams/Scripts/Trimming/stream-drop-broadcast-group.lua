#!lua flags=allow-oom
-- Destroys a broadcast group with what belongs to it: its owner's own, or one whose consumers have all idled for too long. Looked at again
-- in here, so that a process that came back in the meantime keeps its group.
-- @requires refusals, xinfo
-- @keys stream, retry, starts, settledUpTo, retries, retryMessages, seen
-- @args group, maxIdle
-- KEYS: stream, retry stream, starts, up to where all is settled, retries, their messages, when groups were seen
-- ARGV: group, how many milliseconds of idling mean gone (-1: it is the owner who asks)
-- Returns: 1 when it was destroyed

local group, limit = ARGV[1], tonumber(ARGV[2])
-- Fails here and not behind the group where that holds something else.
redis.call('HGET', KEYS[7], group)
require_right('DEL', KEYS[2])
require_right('HDEL', KEYS[7], group)
if redis.call('EXISTS', KEYS[1]) == 1 then
  if limit >= 0 then
    local consumers = redis.pcall('XINFO', 'CONSUMERS', KEYS[1], group)
    if consumers.err or #consumers == 0 then return 0 end
    for _, info in ipairs(consumers) do
      if field_of(info, 'idle') <= limit then return 0 end
    end
  end
  redis.call('XGROUP', 'DESTROY', KEYS[1], group)
end
redis.call('DEL', KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6])
redis.call('HDEL', KEYS[7], group)
return 1
