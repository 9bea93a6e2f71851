#!lua flags=allow-oom
-- Deletes a group with what belongs to it, unless something is left in it. Looked at in here, so that nothing comes in between.
-- @requires refusals, xinfo
-- @keys stream, retry, starts, settledUpTo, retries, retryMessages, inbox, seen, handlers
-- @args group, force, lease
-- KEYS: stream, retry stream, starts, up to where all is settled, retries, their messages, inbox, when groups were seen, the groups'
--   handlers
-- ARGV: group, 1 to delete it in any case, for how many ms a consumer that is gone is silent
-- Returns: -1 when there is no such group, or 1 when it is deleted, or 0; how many messages are pending, how many wait to be handled again,
--   how many consumers run

local pending, retrying, running = nil, 0, 0
for _, info in ipairs(redis.call('EXISTS', KEYS[1]) == 1 and redis.call('XINFO', 'GROUPS', KEYS[1]) or {}) do
  if field_of(info, 'name') == ARGV[1] then pending = field_of(info, 'pending') end
end
if pending == nil then return { -1, 0, 0, 0 } end

retrying = redis.call('XLEN', KEYS[2]) + redis.call('ZCARD', KEYS[5])
for _, info in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
  if field_of(info, 'idle') < tonumber(ARGV[3]) then running = running + 1 end
end
if ARGV[2] ~= '1' and (pending > 0 or retrying > 0 or running > 0) then return { 0, pending, retrying, running } end

-- Fails here and not behind the group where that holds something else.
redis.call('HGET', KEYS[8], ARGV[1])
require_right('DEL', KEYS[2])
require_right('HDEL', KEYS[8], ARGV[1])
redis.call('HGET', KEYS[9], ARGV[1])
require_right('HDEL', KEYS[9], ARGV[1])
redis.call('XGROUP', 'DESTROY', KEYS[1], ARGV[1])
redis.call('DEL', KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7])
redis.call('HDEL', KEYS[8], ARGV[1])
redis.call('HDEL', KEYS[9], ARGV[1])
return { 1, pending, retrying, running }
