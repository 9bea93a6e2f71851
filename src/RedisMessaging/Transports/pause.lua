#!lua flags=allow-oom
-- Pauses a topic's consumers or a group's, or has them go on, and rings for those that wait for word of it.
-- KEYS: paused, bell
-- ARGV: field, 1 to pause
-- Returns: 1 when that changed anything

local changed
if ARGV[2] == '1' then
  local time = redis.call('TIME')
  changed = redis.call('HSETNX', KEYS[1], ARGV[1], string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000)))
else
  changed = redis.call('HDEL', KEYS[1], ARGV[1])
end
-- Also when nothing changed: somebody may have missed the last ring.
redis.call('XADD', KEYS[2], 'MAXLEN', 1, '*', 'paused', ARGV[2])
return changed
