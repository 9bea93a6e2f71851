#!lua flags=allow-oom
-- Has a group continue after another id. What it acked does not keep it from handling that again.
-- @requires time, refusals, xinfo
-- @keys stream, settledUpTo, inbox, seen
-- @args group, position
-- KEYS: stream, up to where all is settled, inbox, when groups were seen
-- ARGV: group, id or $
-- Returns: 1, or 0 when there is no such group

if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local found
for _, info in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local group = info_of(info)
  if group.name == ARGV[1] then found = group end
end
if not found then return 0 end
local position = ARGV[2] == '$' and info_of(redis.call('XINFO', 'STREAM', KEYS[1]))['last-generated-id'] or ARGV[2]
redis.call('HGET', KEYS[4], ARGV[1])
require_right('SET', KEYS[2], '')
require_right('HSET', KEYS[4], 'f', 'v')
require_right('DEL', KEYS[3])
redis.call('XGROUP', 'SETID', KEYS[1], ARGV[1], position)
-- Nothing may be pending below the id up to which all is settled; what is, keeps it where it is until the next sweep. An id above where the
-- group continues would make it skip messages once it is lost.
if found.pending == 0 then redis.call('SET', KEYS[2], position) end
-- Whoever does that expects it to find what is there.
redis.call('HSET', KEYS[4], ARGV[1], integer(now_ms()))
redis.call('DEL', KEYS[3])
return 1
